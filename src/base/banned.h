/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that are not used here; each file of the project is compiled with this header in front.
 * It comes first, so it includes what declares them: after that their very names are errors.
 *   strcpy stpcpy sprintf vsprintf        no bound: memcpy, snprintf, buf_*
 *   strtok                                hidden state: slices, strtok_r
 *   atoi atol atoll                       no errors: strtol with checks, a parser
 *   gmtime localtime ctime asctime        one result for all threads: the _r variants
 *   alloca strdupa strndupa               unbounded stack: arenas
 *   <err.h>                               its err() is our type, and it ends the process: LOG_* */
#pragma once
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define _ERR_H 1 /* the guard of <err.h>: including it declares nothing */

#undef alloca
#undef strdupa
#undef strndupa
#pragma GCC poison strcpy stpcpy sprintf vsprintf strtok atoi atol atoll
#pragma GCC poison gmtime localtime ctime asctime alloca strdupa strndupa
