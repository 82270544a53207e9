"""`python -m bot.cli` is `hilda`, for a parent that knows its interpreter and not where scripts were put."""

from bot.cli import main

main()
