"""The command line: one file per verb, nothing but arguments and printing; `main` starts them."""
