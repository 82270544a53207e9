"""What becomes of a container follows from its program, its environment and its limits."""

from practice.kubelet.fate import Ends, Runs, fate
from practice.kubelet.probes import probe_fault
from practice.worlds import Connection, Pool, Program, Requirement

PROGRAM = Program("registry.example/cart", requires=(Requirement("HOST", "fatal: no HOST"),), memory_mib=100)


def test_a_missing_setting_ends_the_program_with_its_last_words() -> None:
    """An empty value is as good as none."""
    ends = fate(PROGRAM, {}, {"HOST": ""})

    assert isinstance(ends, Ends)
    assert (ends.exit_code, ends.reason) == (1, "Error")
    assert ends.lines[-1] == "ERROR fatal: no HOST"


def test_a_limit_below_its_need_kills_the_program() -> None:
    """137 and OOMKilled, as the kernel and the kubelet would have it; a limit above the need is fine."""
    small, large = ({"resources": {"limits": {"memory": size}}} for size in ("64Mi", "128Mi"))

    killed = fate(PROGRAM, small, {"HOST": "x"})

    assert isinstance(killed, Ends)
    assert (killed.exit_code, killed.reason) == (137, "OOMKilled")
    assert isinstance(fate(PROGRAM, large, {"HOST": "x"}), Runs)


def test_a_host_where_nobody_listens_ends_the_program() -> None:
    """It names where it tried; the right host lets it run, whatever form the setting has."""
    says = "cannot connect to {address}: connection refused"
    program = Program("registry.example/cart", connects=(Connection("DB", ("pg://db.internal:5432/app",), says),))

    ends = fate(program, {}, {"DB": "pg://db-old.internal:5432/app"})

    assert isinstance(ends, Ends)
    assert ends.lines[-1] == "ERROR cannot connect to db-old.internal:5432: connection refused"
    assert isinstance(fate(program, {}, {"DB": "pg://db.internal:5432/app"}), Runs)


def test_the_pool_has_the_size_that_the_setting_says() -> None:
    """Nonsense in the setting ends the program."""
    program = Program("registry.example/cart", pool=Pool("POOL", default=12))

    assert fate(program, {}, {}) == fate(program, {}, {"POOL": "12"})
    assert isinstance(fate(program, {}, {"POOL": "3"}), Runs)
    assert isinstance(fate(program, {}, {"POOL": "many"}), Ends)


def test_a_probe_finds_only_what_the_program_serves() -> None:
    """The right path on the right port, by number or by name."""
    program = Program("registry.example/cart", port=3000, paths=("/ok",))
    container = {"ports": [{"name": "http", "containerPort": 3000}]}

    assert not probe_fault({"httpGet": {"path": "/ok", "port": "http"}}, container, program, "10.0.0.1")
    refused = probe_fault({"httpGet": {"path": "/ok", "port": 8080}}, container, program, "10.0.0.1")
    assert refused == 'Get "http://10.0.0.1:8080/ok": dial tcp 10.0.0.1:8080: connect: connection refused'
    assert "404" in probe_fault({"httpGet": {"path": "/no", "port": 3000}}, container, program, "10.0.0.1")
    assert "refused" in probe_fault({"tcpSocket": {"port": 1}}, container, program, "10.0.0.1")
