# What the suites that run hosts share; sourced. Needs $simulator (its program), $work (their folder) and the array
# $running (what they end with themselves).

start_simulator() { # name, options..: sets url
  local name=$1
  shift
  rm -f "$work/$name.port"
  "$simulator" --port-file "$work/$name.port" --log "$work/$name.jsonl" --no-fsync --seed 1 "$@" >"$work/$name.out" 2>&1 &
  running+=($!)
  for _ in $(seq 100); do [ -s "$work/$name.port" ] && break; sleep 0.05; done
  [ -s "$work/$name.port" ] || { echo "FAILED: the simulator did not start:"; cat "$work/$name.out"; exit 1; }
  url=http://127.0.0.1:$(cat "$work/$name.port")
}

# A certificate of an authority that nobody knows: authority.pem, certificate.pem and key.pem.
certificates() {
  local curve=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  openssl req -x509 "${curve[@]}" -days 2 -subj "/CN=An authority of this test" -keyout "$work/authority.key" -out "$work/authority.pem" &&
    openssl req -new "${curve[@]}" -subj /CN=localhost -keyout "$work/key.pem" -out "$work/request.pem" &&
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >"$work/extensions" &&
    openssl x509 -req -in "$work/request.pem" -CA "$work/authority.pem" -CAkey "$work/authority.key" -CAcreateserial -days 2 \
      -extfile "$work/extensions" -out "$work/certificate.pem"
}
