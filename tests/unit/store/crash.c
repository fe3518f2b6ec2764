/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/store/crash.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

void crash_reached(struct crash_child *c, uint32_t value)
{
    ASSERT(write(c->pipe[1], &value, sizeof value) == sizeof value);
}

struct crash_child crash_run(void (*work)(struct crash_child *c), uint32_t run, uint32_t us)
{
    struct crash_child c = {.reached = 0};
    int status;
    snprintf(c.path, sizeof c.path, "%s/%u", test_dir(), run);
    ASSERT(pipe(c.pipe) == 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        work(&c);
        _exit(0);
    }
    close(c.pipe[1]);
    usleep(us);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    ASSERT(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    while (read(c.pipe[0], &c.reached, sizeof c.reached) == sizeof c.reached) {
    }
    close(c.pipe[0]);
    return c;
}
