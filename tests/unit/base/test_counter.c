/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"

#include "base/mem.h"
#include "test.h"

#include <pthread.h>

static void expect(struct counter_registry *r, const char *text)
{
    struct buf b = {0};
    counter_render(r, &b);
    ASSERT_SLICE(text, buf_slice(&b));
    buf_deinit(&b);
}

TEST(the_text_is_sorted_by_name_and_labels)
{
    struct counter_registry *r = counter_registry_new();
    counter_inc(counter_get(r, "zeta_total", "", "last"));
    counter_add(counter_get(r, "alpha_total", "status=\"x\",type=\"b\"", "a \"b\"\\\nc"), 5);
    counter_add(counter_get(r, "alpha_total", "status=\"x\",type=\"a\"", NULL), 4);
    counter_set(counter_gauge(r, "middle", "", NULL), -3);
    expect(r, "# HELP alpha_total a \"b\"\\\\\\nc\n"
              "# TYPE alpha_total counter\n"
              "alpha_total{status=\"x\",type=\"a\"} 4\n"
              "alpha_total{status=\"x\",type=\"b\"} 5\n"
              "\n"
              "# TYPE middle gauge\n"
              "middle -3\n"
              "\n"
              "# HELP zeta_total last\n"
              "# TYPE zeta_total counter\n"
              "zeta_total 1\n"
              "\n");
    counter_registry_free(r);
}

TEST(the_same_name_and_labels_are_the_same_counter)
{
    struct counter_registry *r = counter_registry_new();
    struct counter *c = counter_get(r, "n", "a=\"1\"", NULL);
    ASSERT(counter_get(r, "n", "a=\"1\"", "help") == c);
    ASSERT(counter_get(r, "n", "a=\"2\"", NULL) != c);
    counter_registry_free(r);
    ASSERT(counter_registry_free(NULL) == NULL);
}

TEST(a_histogram_counts_up_to_each_bound)
{
    static const int64_t bounds[] = {1, 10, 100};
    struct counter_registry *r = counter_registry_new();
    struct counter_histogram *h = counter_histogram_get(r, "ms", "m=\"x\"", "time", bounds, 3);
    ASSERT(counter_histogram_get(r, "ms", "m=\"x\"", NULL, bounds, 3) == h);
    static const int64_t values[] = {0, 1, 2, 10, 100, 101};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        counter_observe(h, values[i]);
    expect(r, "# HELP ms time\n"
              "# TYPE ms histogram\n"
              "ms_bucket{m=\"x\",le=\"1\"} 2\n"
              "ms_bucket{m=\"x\",le=\"10\"} 4\n"
              "ms_bucket{m=\"x\",le=\"100\"} 5\n"
              "ms_bucket{m=\"x\",le=\"+Inf\"} 6\n"
              "ms_sum{m=\"x\"} 214\n"
              "ms_count{m=\"x\"} 6\n"
              "\n");
    counter_registry_free(r);
}

static void *count_up(void *arg)
{
    struct counter_registry *r = arg;
    for (int i = 0; i < 10000; i++)
        counter_inc(counter_get(r, "n", "", NULL));
    return NULL;
}

TEST(threads_lose_no_counts)
{
    struct counter_registry *r = counter_registry_new();
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, count_up, r);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    ASSERT_INT(40000, counter_value(counter_get(r, "n", "", NULL)));
    counter_registry_free(r);
}
