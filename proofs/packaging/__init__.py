"""How the wheel is made: what is installed is one package, drystone; what is checked out has three at its top."""
