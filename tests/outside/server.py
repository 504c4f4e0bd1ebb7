"""A PostgreSQL server of a test's own."""
import os
import re
import shutil
import signal
import subprocess
import tempfile

POSTGRES_SH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "postgres.sh")


class Server:
    """It can be stopped, and its clock can be set. WA_TEST_PG names it from then on."""

    def __init__(self, **environment):
        # Among the temporary files: its owner must get through to it.
        self.home = tempfile.mkdtemp(prefix="wa-own-server-")
        os.chmod(self.home, 0o755)
        self.environment = {**os.environ, "WA_TEST_PG_HOME": self.home, "WA_TEST_PG_PORT": "56610"}
        self.before = os.environ.get("WA_TEST_PG")
        started = subprocess.run([POSTGRES_SH, "start"], env={**self.environment, **environment}, capture_output=True, text=True)
        found = re.search(r"WA_TEST_PG='([^']*)'", started.stdout)
        if not found:
            raise RuntimeError(started.stderr.strip())
        os.environ["WA_TEST_PG"] = found.group(1)
        with open(os.path.join(self.home, "data", "postmaster.pid")) as file:
            self.pid = int(file.readline())

    def processes(self):
        """The server and its children."""
        pids = [self.pid]
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat") as file:
                    if int(file.read().rpartition(")")[2].split()[1]) == self.pid:
                        pids.append(int(name))
            except OSError:
                pass
        return pids

    def signal(self, number):
        for pid in self.processes():
            os.kill(pid, number)

    def end(self):
        self.signal(signal.SIGCONT)
        subprocess.run([POSTGRES_SH, "stop"], env=self.environment, check=False)
        shutil.rmtree(self.home, ignore_errors=True)
        if self.before:
            os.environ["WA_TEST_PG"] = self.before
