"""The warehouse in, what goes back out: empty forms, each department's feedback sheet, the statistician's page of checks."""
