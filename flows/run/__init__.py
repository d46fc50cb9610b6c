"""How a run is started and watched: the command line, Prefect, the terminal."""
