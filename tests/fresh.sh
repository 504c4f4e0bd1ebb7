#!/bin/bash
# The README's two commands on a new Debian machine, as a stranger would run them: in a bare Debian (debootstrap) with
# Rust, git and make, and a clone of what is committed here.
#
#   tests/fresh.sh [user] [demo] [test]      (default: all three, in this order)
#
#   user   an ordinary user, where nothing is installed: both commands must name the packages that are missing, and fail
#   demo   root: make demo
#   test   root: make test, after the demo or without it
#
# FRESH_SUITES="rust,c++"   of make test these suites only
# FRESH_REUSE=1             goes on where the last run of demo or test ended, with what it installed and built
# FRESH_HOME                where the Debians are made (default: .setup/fresh; some 15 GB for everything)
#
# The packages come from where this machine has its Debian packages from, and pip, npm and cargo are set up as they are
# here. The Rust toolchains are this machine's, mounted read-only. Everything is mounted in a namespace of its own, and so
# is gone with the last process in it, however this ends. One must be root. Prints what was installed, a table, and
# `N passed, N failed`; logs are in .setup/logs/fresh-*.log.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
parts=${*:-user demo test}
for part in $parts; do case $part in user | demo | test) ;; *) sed -n '2,20p' "$0"; exit 2 ;; esac; done
home=${FRESH_HOME:-$root/.setup/fresh}
logs=$root/.setup/logs
mkdir -p "$home" "$logs"
stop() { echo "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || stop "a Debian is entered by chroot: only root can"
"$root/tests/setup.sh" fresh || exit 1
unshare --mount --pid --fork true 2>/dev/null || stop "this machine lets nobody mount: no Debian can be entered"

inside=""
# At once: unshare does not listen to SIGTERM, and takes with it whatever runs inside.
trap '[ -z "$inside" ] || kill -KILL "$inside" 2>/dev/null; wait' EXIT
trap 'exit 130' INT TERM

# Removes a root, and never follows a mount out of it: there is none, unless somebody made one by hand.
remove() { # folder
  if grep -qF " $1/" /proc/self/mountinfo; then stop "something is mounted below $1: unmount it first"; fi
  rm -rf --one-file-system "$1"
}

# ---- the bare Debian ----

codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
# What this machine's apt knows of Debian's own archives: address, suite, component.
archives() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(ORIGIN) $(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)' |
    sed -n 's/^Debian Packages //p' | sort -u
}
[ -n "$(archives)" ] || apt-get update >"$logs/fresh-apt.log" 2>&1
mirror=$(archives | awk -v suite="$codename" '$2 == suite { print $1; exit }')
[ -n "$mirror" ] || stop "apt on this machine has no source for Debian $codename"

make_base() {
  echo "== making a bare Debian $codename (log: .setup/logs/fresh-base.log)"
  remove "$home/base"
  {
    debootstrap --variant=minbase "$codename" "$home/base" "$mirror" &&
      archives | sed 's/^/deb /' >"$home/base/etc/apt/sources.list" || return 1
    # What somebody set up for the network: of apt, the certificates, pip and npm. Nothing that a package brought.
    local file
    for file in /etc/apt/apt.conf.d/*; do
      [ ! -f "$file" ] || dpkg-query -S "$file" >/dev/null 2>&1 || cp "$file" "$home/base$file"
    done
    for file in /usr/local/share/ca-certificates /etc/pip.conf /etc/npmrc "$HOME/.config/pip" "$HOME/.pip" "$HOME/.npmrc"; do
      [ -e "$file" ] || continue
      mkdir -p "$home/base$(dirname "$file")"
      cp -r "$file" "$home/base$(dirname "$file")/"
    done
    # To have rustup and a clone, and to say `make`, these must have been installed.
    (enter "$home/base" root 'apt-get update && apt-get install -y --no-install-recommends ca-certificates git make') || return 1
    rm -rf "$home"/base/var/cache/apt/archives/*.deb "$home"/base/var/lib/apt/lists/*
    chroot "$home/base" useradd --create-home --shell /bin/bash stranger
  } >"$logs/fresh-base.log" 2>&1 || return 1
  touch "$home/base/made"
}

# ---- in it ----

rust=${RUSTUP_HOME:-$HOME/.rustup}
cargo=${CARGO_HOME:-$HOME/.cargo}
documents=$(realpath -m "${WA_CONTRACT_DOCUMENTS:-$root/../shared/contract}")
# What tells programs the way into the network, and whom to trust there.
passed_on=()
while IFS= read -r -d '' variable; do passed_on+=("$variable"); done < <(
  env -0 | grep -zE '^(https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|all_proxy|ALL_PROXY|[A-Z_]*(CERT|CERTS|CAINFO|CA_BUNDLE|CERT_DIR|CERT_FILE|CACERTS)|PIP_[A-Z_]*|npm_config_[a-z_]*|NPM_CONFIG_[A-Z_]*|CARGO_(HTTP|NET|REGISTR|SOURCE)[A-Z_]*|RUSTUP_AUTO_INSTALL)=')

enter() { # root, user, command; in the clone's folder, if there is one; the calling shell becomes it
  exec unshare --mount --pid --fork --kill-child bash -c '
    set -e
    into=$1 user=$2 command=$3 rust=$4 documents=$5
    shift 5
    mount --bind "$into" "$into"
    mount -t proc proc "$into/proc"
    mount --rbind /sys "$into/sys"
    mount --rbind /dev "$into/dev"
    if [ -d "$rust" ]; then
      mkdir -p "$into$rust"
      mount --bind "$rust" "$into$rust"
      mount -o remount,bind,ro "$into$rust"
    fi
    if [ -r "$documents" ]; then
      mkdir -p "$into/srv/shared/contract"
      mount --bind "$documents" "$into/srv/shared/contract"
    fi
    cp -L /etc/resolv.conf /etc/hosts "$into/etc/"
    cd "$into"
    exec chroot "$into" setpriv --reuid="$user" --regid="$user" --init-groups env -i "$@" bash -c "
      if [ -d /srv/wa-connector ]; then cd /srv/wa-connector; else cd /; fi
      $command"
  ' - "$1" "$2" "$3" "$rust" "$documents" "${passed_on[@]}" HOME="$(enter_home "$2")" USER="$2" LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    CARGO_HOME=/opt/cargo RUSTUP_HOME="$rust" PATH=/opt/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin </dev/null
}
enter_home() { if [ "$1" = root ]; then echo /root; else echo "/home/$1"; fi; }

# A bare Debian with Rust and a clone.
prepare() { # name: sets machine
  machine=$home/$1
  if [ "${FRESH_REUSE:-}" = 1 ] && [ -e "$machine/packages.before" ]; then
    git -C "$machine/srv/wa-connector" fetch --quiet "$root" HEAD &&
      git -C "$machine/srv/wa-connector" checkout --quiet FETCH_HEAD || stop "the clone cannot be brought up to date"
    packages "$machine" >"$machine/packages.before"
    return
  fi
  remove "$machine"
  cp -a --reflink=auto "$home/base" "$machine"
  # Of cargo, its programs, settings, and the crates that were fetched: the same files from the same registry.
  mkdir -p "$machine/opt/cargo/registry" "$machine$rust"
  local what
  for what in bin config.toml config env registry/index registry/cache; do
    [ ! -e "$cargo/$what" ] || cp -a "$cargo/$what" "$machine/opt/cargo/$what"
  done
  # Whose folder the toolchains are in, another user must get through.
  chmod a+rx "$machine/root"
  # What is committed, and nothing else.
  git clone --quiet --no-hardlinks "$root" "$machine/srv/wa-connector" &&
    git -C "$machine/srv/wa-connector" checkout --quiet "$(git -C "$root" rev-parse HEAD)" || stop "the clone failed"
  packages "$machine" >"$machine/packages.before"
}
packages() { chroot "$1" dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^ii  *//p' | sort -u; }

passed=0 failed=0
table=()
# Runs a command, keeps what it says, and how long it took.
run() { # user, log, command: sets code and log
  local began=$SECONDS said
  log=$logs/fresh-$2.log
  echo "== $1: $3 (log: ${log#"$root"/})"
  enter "$machine" "$1" "$3" >"$log" 2>&1 &
  inside=$!
  wait "$inside"
  code=$?
  inside=""
  said=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
  table+=("$(printf '%-9s %-34s %5s %8s  %s' "$1" "$3" "$code" $((SECONDS - began)) "$said")")
}
check() { # what, 0 or another
  if [ "$2" = 0 ]; then
    echo "ok: $1"; passed=$((passed + 1))
  else
    echo "FAILED: $1"; failed=$((failed + 1)); tail -n 40 "$log"
  fi
}
told() { [ "$code" != 0 ] && grep -q "packages are missing.* $1" "$log" && grep -q "apt-get install .* $1" "$log"; echo $?; }
installed() { # what for
  local new
  new=$(packages "$machine" | comm -13 "$machine/packages.before" - | tr '\n' ' ')
  packages "$machine" >"$machine/packages.before"
  echo "installed by $1: $(wc -w <<<"$new") packages"
  [ -z "$new" ] || fold -s -w 140 <<<"$new" | sed 's/^/  /'
}

# A week old, it lacks what came since.
if [ ! -e "$home/base/made" ] || [ -n "$(find "$home/base/made" -mtime +7)" ]; then
  make_base || { tail -n 20 "$logs/fresh-base.log"; stop "no bare Debian could be made"; }
fi
echo "a bare Debian: $(packages "$home/base" | wc -l) packages, with git and make; $(git -C "$root" log -1 --format='%h %s')"
[ -z "$(git -C "$root" status --porcelain)" ] || echo "what is not committed here is not in it"

ready=""
for part in $parts; do
  case $part in
  user)
    prepare as-user
    run stranger user-demo "make demo"
    check "a user is told what make demo lacks" "$(told libcjson-dev)"
    run stranger user-test "make test"
    check "a user is told what make test lacks" "$(told clang)"
    check "nothing was installed by that" "$(packages "$machine" | cmp -s "$machine/packages.before" -; echo $?)"
    remove "$machine"
    ;;
  demo | test)
    [ -n "$ready" ] || prepare as-root
    ready=yes
    command="make $part"
    [ "$part-${FRESH_SUITES:+some}" != test-some ] || command="make test ONLY='$FRESH_SUITES'"
    run root "$part" "$command"
    check "$command" "$code"
    [ "$part" = demo ] || sed -n '/^suite  /,$p' "$log"
    installed "$command"
    ;;
  esac
done

echo
printf '%-9s %-34s %5s %8s  %s\n' who command exit seconds said
printf '%s\n' "${table[@]}"
echo
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
