"""What a script finds around itself when it runs: named here because it is approved there and built elsewhere."""

SANDBOX_PROFILE = "bubblewrap/2"
"""The only way to run; a proposal that names another one is refused."""

INTERPRETER = "/usr/bin/bash"
WORKING_DIRECTORY = "/scratch"
"""An empty folder in memory, gone with the script; nothing else can be written."""

ENVIRONMENT: tuple[tuple[str, str], ...] = (("LANG", "C.UTF-8"), ("TZ", "UTC"))
"""What a proposal adds to the empty environment; PATH, HOME and KUBECONFIG belong to the profile."""

STEP_MARK = "==> "
"""A line of output that begins so is a step of the script, worth telling while it runs."""
