/* SPDX-License-Identifier: Apache-2.0 */
#include "web/guard.h"

#include "rt/clock.h"
#include "test.h"
#include "web/netlist.h"

#include <pthread.h>

static struct netlist *whitelist;

static struct guard *guard_of(uint32_t connections, uint32_t requests, uint32_t bytes)
{
    int64_t now = 5 * CLOCK_S;
    clock_test_set(&now, 5 * CLOCK_S);
    whitelist = netlist_new();
    netlist_add(whitelist, "10.9.0.0/16");
    return guard_new(&(struct guard_opts){.max_connections = connections,
                                          .max_requests = requests,
                                          .max_bytes = bytes,
                                          .interval_ns = CLOCK_S,
                                          .whitelist = whitelist});
}

static void done(struct guard *g)
{
    guard_free(g);
    netlist_free(whitelist);
}

TEST(the_request_after_the_last_allowed_one_is_refused_until_the_next_interval)
{
    struct guard *g = guard_of(1, 3, 1000);
    struct guard_client *c = guard_get(g, "1.2.3.4");
    for (int i = 0; i < 3; i++)
        ASSERT(guard_within(g, c) && guard_request(g, c, 1));
    ASSERT(!guard_request(g, c, 1));
    ASSERT(!guard_within(g, c));
    clock_test_advance(CLOCK_S);
    ASSERT(guard_within(g, c) && guard_request(g, c, 1));
    guard_put(g, c);
    done(g);
}

TEST(weights_and_bytes_add_up)
{
    struct guard *g = guard_of(1, 10, 100);
    struct guard_client *c = guard_get(g, "1.2.3.4");
    ASSERT(guard_request(g, c, 10) && !guard_request(g, c, 1));
    clock_test_advance(CLOCK_S);
    ASSERT(guard_bytes(g, c, 100) && guard_within(g, c) && !guard_bytes(g, c, 1) &&
           !guard_within(g, c));
    guard_put(g, c);
    done(g);
}

TEST(bytes_over_the_limit_are_a_debt)
{
    struct guard *g = guard_of(1, 10, 100);
    struct guard_client *c = guard_get(g, "1.2.3.4");
    ASSERT(!guard_bytes(g, c, 350));
    ASSERT_INT(5 * CLOCK_S + 3 * CLOCK_S, guard_within_at(g, c));
    for (int i = 1; i <= 2; i++) {
        clock_test_advance(CLOCK_S);
        ASSERT(!guard_within(g, c));
        ASSERT_INT(8 * CLOCK_S, guard_within_at(g, c));
    }
    guard_put(g, c); /* nobody holds it, and its debt is not forgotten */
    c = guard_get(g, "1.2.3.4");
    ASSERT(!guard_within(g, c));
    clock_test_advance(CLOCK_S);
    ASSERT(guard_within(g, c));
    ASSERT(guard_bytes(g, c, 50) && !guard_bytes(g, c, 1));
    clock_test_advance(100 * CLOCK_S);
    ASSERT(guard_bytes(g, c, 100));
    guard_put(g, c);
    done(g);
}

TEST(a_client_at_its_last_request_is_warned)
{
    struct guard *g = guard_of(1, 3, 100);
    struct guard_client *c = guard_get(g, "1.2.3.4");
    ASSERT(guard_request(g, c, 1) && guard_bytes(g, c, 1));
    ASSERT(guard_request(g, c, 1) && guard_bytes(g, c, 1));
    ASSERT(guard_request(g, c, 1) && !guard_bytes(g, c, 1));
    guard_put(g, c);
    done(g);
}

TEST(refusals_are_counted_by_the_interval)
{
    struct guard *g = guard_of(1, 3, 100);
    struct guard_client *c = guard_get(g, "1.2.3.4");
    ASSERT(guard_refusal(g, c) == 1 && guard_refusal(g, c) == 2);
    ASSERT_INT(6 * CLOCK_S, guard_within_at(g, c));
    clock_test_advance(CLOCK_S);
    ASSERT_INT(1, guard_refusal(g, c));
    guard_put(g, c);
    done(g);
}

TEST(a_vital_answer_is_due_once_a_second)
{
    struct guard *g = guard_of(1, 3, 100);
    struct guard_client *c = guard_get(g, "1.2.3.4");
    ASSERT(guard_vital_is_due(c));
    guard_note_vital(c);
    ASSERT(!guard_vital_is_due(c));
    clock_test_advance(CLOCK_S - 1);
    ASSERT(!guard_vital_is_due(c));
    clock_test_advance(1);
    ASSERT(guard_vital_is_due(c));
    guard_put(g, c);
    done(g);
}

TEST(memory_is_held_and_given_back)
{
    struct guard *g = guard_of(1, 3, 100);
    struct guard_client *c = guard_get(g, "10.9.1.1");
    guard_hold(c, 100, 0);
    guard_hold(c, -100, 300);
    ASSERT(guard_waiting_bytes(c) == 0 && guard_running_bytes(c) == 300);
    guard_hold(c, 0, -300);
    ASSERT_INT(0, guard_running_bytes(c));
    guard_put(g, c);
    done(g);
}

TEST(connections_are_counted_as_long_as_they_last)
{
    struct guard *g = guard_of(2, 10, 100);
    struct guard_client *c = guard_get(g, "1.2.3.4");
    ASSERT(guard_connect(g, c) == 0 && guard_connect(g, c) == 0 && guard_connect(g, c) == 1);
    clock_test_advance(10 * CLOCK_S);
    ASSERT_INT(2, guard_connect(g, c));
    for (int i = 0; i < 3; i++)
        guard_disconnect(g, c);
    ASSERT_INT(0, guard_connect(g, c));
    guard_put(g, c);
    done(g);
}

TEST(addresses_do_not_share_their_limits_and_keep_them_while_nobody_holds_them)
{
    struct guard *g = guard_of(2, 1, 100);
    struct guard_client *a = guard_get(g, "1.2.3.4"), *b = guard_get(g, "1.2.3.5");
    ASSERT(guard_request(g, a, 1) && !guard_request(g, a, 1) && guard_request(g, b, 1));
    guard_put(g, a);
    a = guard_get(g, "1.2.3.4");
    ASSERT(!guard_within(g, a));
    ASSERT_STR("1.2.3.4", guard_key(a));
    guard_put(g, a);
    guard_put(g, b);
    done(g);
}

TEST(addresses_of_a_network_of_ipv6_share_their_limits)
{
    struct guard *g = guard_of(2, 1, 100);
    struct guard_client *a = guard_get(g, "2001:db8::1"), *b = guard_get(g, "2001:db8::ffff:2");
    struct guard_client *other = guard_get(g, "2001:db8:0:1::1");
    ASSERT(a == b && a != other);
    ASSERT(guard_request(g, a, 1) && !guard_request(g, b, 1) && guard_request(g, other, 1));
    ASSERT(guard_connect(g, a) == 0 && guard_connect(g, b) == 0 && guard_connect(g, b) == 1);
    for (int i = 0; i < 3; i++)
        guard_disconnect(g, a);
    guard_put(g, a);
    guard_put(g, b);
    guard_put(g, other);
    done(g);
}

TEST(a_whitelist_knows_addresses_not_their_networks)
{
    struct guard *g = guard_of(2, 1, 100);
    netlist_add(whitelist, "2001:db8::1");
    struct guard_client *friend = guard_get(g, "2001:db8::1");
    struct guard_client *neighbour = guard_get(g, "2001:db8::2");
    ASSERT(guard_whitelisted(friend) && !guard_whitelisted(neighbour));
    ASSERT_STR("2001:db8::1", guard_key(friend));
    ASSERT_STR("2001:db8::/64", guard_key(neighbour));
    guard_put(g, friend);
    guard_put(g, neighbour);
    done(g);
}

TEST(whitelisted_addresses_are_never_counted)
{
    struct guard *g = guard_of(1, 1, 1);
    struct guard_client *c = guard_get(g, "10.9.1.1");
    ASSERT(guard_whitelisted(c));
    for (int i = 0; i < 5; i++)
        ASSERT(guard_connect(g, c) == 0 && guard_request(g, c, 9) && guard_bytes(g, c, 1000) &&
               guard_within(g, c));
    guard_put(g, c);
    done(g);
}

TEST(records_of_passed_clients_do_not_pile_up)
{
    struct guard *g = guard_of(1, 1, 1);
    char ip[32];
    for (int i = 0; i < 20000; i++) {
        snprintf(ip, sizeof ip, "10.%d.%d.%d", i >> 14, i >> 7 & 127, i & 127);
        guard_put(g, guard_get(g, ip));
        if (i % 100 == 0)
            clock_test_advance(CLOCK_S);
    }
    done(g); /* leaks would be found; the bound itself is that of sweep */
}

static void *count_up(void *arg)
{
    struct guard *g = arg;
    for (int i = 0; i < 10000; i++) {
        struct guard_client *c = guard_get(g, "1.1.1.1");
        (void)guard_request(g, c, 1); /* only the sum counts here */
        guard_put(g, c);
    }
    return NULL;
}

TEST(threads_count_together)
{
    struct guard *g = guard_of(1, 20000, 1);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, count_up, g);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    struct guard_client *c = guard_get(g, "1.1.1.1");
    ASSERT(guard_within(g, c) && !guard_request(g, c, 1));
    guard_put(g, c);
    done(g);
}
