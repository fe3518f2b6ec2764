/* SPDX-License-Identifier: Apache-2.0 */
/* From the configuration to the options of the parts: one function a part, nothing else. What is
 * not in the configuration (cores, callbacks) is the caller's to add. Strings live as long as the
 * config, arrays as long as the arena. */
#pragma once
#include "app/config.h"
#include "base/log.h"

struct arena;
struct cass_opts;
struct etl_opts;
struct feed_opts;
struct forward_opts;
struct offload_opts;
struct rpc_server_opts;
struct sources_opts;
struct web_opts;

/* What the configuration asks for and this build, or a start with it, does not do. Errors:
 * ERR_UNSUPPORTED, ERR_INVALID. */
ERR options_check(const struct config *c);

/* Without file and console warnings and more go to standard error. */
struct log_opts options_log(const struct config *c);
struct offload_opts options_offload(const struct config *c);
uint32_t options_n_cores(const struct config *c);
struct sources_opts options_sources(const struct config *c, struct arena *a);
struct forward_opts options_forward(const struct config *c);
struct rpc_server_opts options_rpc(const struct config *c);
struct feed_opts options_feed(const struct config *c);
struct web_opts options_web(const struct config *c, struct arena *a);
struct etl_opts options_etl(const struct config *c);

/* The history is in Cassandra: by database.type, or because the file has its section. */
bool options_cassandra(const struct config *c);
struct cass_opts options_cass(const struct config *c);

/* A key in seconds, as a duration in ns. */
int64_t options_seconds(const struct config *c, enum config_key key);
