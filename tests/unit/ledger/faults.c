/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <errno.h>

struct faults faults_now;

bool faults_fail(int code)
{
    if (code == 0 || faults_now.n == 0)
        return false;
    if (faults_now.n > 0)
        faults_now.n--;
    errno = code;
    return true;
}
