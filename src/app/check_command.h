/* SPDX-License-Identifier: Apache-2.0 */
/* kleio check: looks through the history that a configuration names, while no server runs on it
 * (with
 * --repair) or beside one (without; the ledgers that are there at its start). */
#pragma once

/* argv[0] is "check". Returns the exit status: 0 all is right or mended, 1 something is wrong, 2 it
 * could not be looked at, 3 stopped by a signal. */
int check_command_run(int argc, char **argv);
