/* SPDX-License-Identifier: Apache-2.0 */
#include "app/server.h"

#include "rt/clock.h"
#include "test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static struct config *config_of(uint16_t port, const char *more)
{
    char text[1024];
    struct buf problems = {0};
    struct config *c = NULL;
    snprintf(text, sizeof text,
             "{\"server\": {\"ip\": \"127.0.0.1\", \"port\": %u}, \"database\": {\"rocksdb\": "
             "{\"path\": \"%s/d\"}}, "
             "\"workers\": 2, \"allow_no_etl\": true%s}",
             port, test_dir(), more);
    ASSERT_OK(config_parse("test", slice_str(text), &problems, &c));
    return c;
}

/* A listening socket on any free port. */
static int listen_any(uint16_t *ret_port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT(bind(fd, (struct sockaddr *)&addr, n) == 0 && listen(fd, 1) == 0);
    ASSERT(getsockname(fd, (struct sockaddr *)&addr, &n) == 0);
    *ret_port = ntohs(addr.sin_port);
    return fd;
}

static bool can_connect(uint16_t port)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool fine = connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0;
    close(fd);
    return fine;
}

static void *stop_when_serving(void *arg)
{
    uint16_t port = *(uint16_t *)arg;
    while (!can_connect(port))
        usleep(10000);
    kill(getpid(), SIGTERM);
    return NULL;
}

TEST(a_server_without_sources_serves_until_it_is_told_to_stop)
{
    uint16_t port;
    close(listen_any(&port));
    struct config *c = config_of(port, "");
    pthread_t stopper;
    pthread_create(&stopper, NULL, stop_when_serving, &port);
    ASSERT_INT(0, server_run(c));
    pthread_join(stopper, NULL);
    config_free(c);
}

static void *stop_when_listening_to_signals(void *arg)
{
    struct sigaction now = {.sa_handler = SIG_DFL};
    while (now.sa_handler == SIG_DFL)
        sigaction(SIGTERM, NULL, &now);
    kill(getpid(), SIGTERM);
    return NULL;
}

TEST(a_server_told_to_stop_while_it_starts_stops)
{
    uint16_t port;
    close(listen_any(&port));
    struct config *c = config_of(port, "");
    pthread_t stopper;
    pthread_create(&stopper, NULL, stop_when_listening_to_signals, NULL);
    ASSERT_INT(0, server_run(c));
    pthread_join(stopper, NULL);
    config_free(c);
}

TEST(a_port_in_use_ends_the_start)
{
    uint16_t port;
    int fd = listen_any(&port);
    struct config *c = config_of(port, "");
    ASSERT_INT(1, server_run(c));
    config_free(c);
    close(fd);
}

TEST(what_is_not_built_yet_is_refused)
{
    struct config *c = config_of(1, ", \"ssl_cert_file\": \"x\", \"ssl_key_file\": \"y\"");
    ASSERT_INT(1, server_run(c));
    config_free(c);
}

TEST(a_cassandra_section_without_a_type_asks_for_cassandra)
{
    struct buf problems = {0};
    struct config *c = NULL;
    const char *text = "{\"server\": {\"ip\": \"127.0.0.1\", \"port\": 1}, \"database\": "
                       "{\"cassandra\": {\"port\": 1}}}";
    ASSERT_OK(config_parse("test", slice_str(text), &problems, &c));
    ASSERT_INT(1, server_run(c));
    config_free(c);
}

TEST(sources_are_needed_unless_the_configuration_says_otherwise)
{
    struct buf problems = {0};
    struct config *c = NULL;
    const char *text = "{\"server\": {\"ip\": \"127.0.0.1\", \"port\": 1}}";
    ASSERT_OK(config_parse("test", slice_str(text), &problems, &c));
    ASSERT_INT(1, server_run(c));
    config_free(c);
}
