/* The door of cli/: the command line of the one binary. */
#pragma once

/* argv -> the command of the table; returns the process's exit status. */
int cli_main(int argc, char **argv);
