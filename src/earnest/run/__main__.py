"""`python -m earnest.run …` is `earnest …`."""

from earnest.run.cli import main

main()
