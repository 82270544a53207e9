#!/usr/bin/env bash
# Run inside the sandbox before anything else is: tries to get out, and says what it managed.
# Arguments come as lines of the scratch folder's only input, this file's head: PORT, CANARY, PROCESSES, PYTHON.
# Each line of output is `held NAME`, or `escaped NAME: what was reached`.

try() { # try NAME WHAT COMMAND...: the command must fail
    local name=$1 what=$2
    shift 2
    if "$@" >/dev/null 2>&1; then echo "escaped $name: $what"; else echo "held $name"; fi
}

connects() { timeout 1 bash -c "exec 3<>/dev/tcp/$1/$2"; }
writes() { : >"$1/hilda-was-here"; }
is_set() { [ -n "$1" ]; }

try launcher-environment "the launcher's environment" is_set "$(tr -d '\0' </proc/1/environ 2>/dev/null)"
try own-environment "variables from outside" is_set \
    "$(env | grep -vE '^(PATH|HOME|TMPDIR|KUBECONFIG|LANG|TZ|PWD|SHLVL|OLDPWD|_)=')"
try host-files "a file of the host" cat "$CANARY"
try shadow "/etc/shadow" cat /etc/shadow
try host-network "a port of the host's loopback" connects 127.0.0.1 "$PORT"
try metadata "the cloud's metadata service" connects 169.254.169.254 80
try terminal "the controlling terminal" bash -c 'exec 3<>/dev/tty'
try capabilities "privileges" grep -qE '^Cap(Prm|Eff|Bnd):\s*0*[1-9a-f]' /proc/self/status
try new-privileges "setuid programs" grep -qE '^NoNewPrivs:\s*0' /proc/self/status
try processes "processes of the host" [ "$(find /proc -maxdepth 1 -name '[0-9]*' | wc -l)" -gt 20 ]
for folder in / /usr /etc /run /opt /dev /dev/shm /proc/sys/kernel; do
    try "writing-$folder" "writing to $folder" writes "$folder"
done
try fork-bomb "more than $PROCESSES processes" "$PYTHON" -I -S -c "
import os, time
for _ in range($PROCESSES + 40):
    if os.fork() == 0:
        time.sleep(30)
"
echo "tried everything"
