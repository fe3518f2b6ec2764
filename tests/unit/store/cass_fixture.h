/* SPDX-License-Identifier: Apache-2.0 */
/* Stores in a real Cassandra, each in a keyspace of its own: KLEIO_CASSANDRA=address:port, as
 * tools/run-tests sets it. */
#pragma once
#include "store/cass.h"

/* False (and a line on standard error): there is none, the test passes. */
bool cass_fixture_is_there(void);
/* Opts of a new keyspace, or of the one that was opened last. */
struct cass_opts cass_fixture_opts(bool is_new);
struct store *cass_fixture_open(void);       /* in a new keyspace */
struct store *cass_fixture_open_again(void); /* in that one */
void cass_fixture_drop(void);                /* all keyspaces of this test */
/* Run a text in the keyspace opened last: "%s" stands for its name. */
void cass_fixture_run(const char *text);
