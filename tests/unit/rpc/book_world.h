/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "small_world.h"

/* A small world with a book of n offers of bob, each 30 XRP for 1 USD of alice, in one quality. */
struct small_world *book_world_new(int n);
