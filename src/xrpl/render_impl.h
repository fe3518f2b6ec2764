/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of render only. */
#pragma once
#include "xrpl/render.h"

/* All return false if the value had to be shown in hex because it is damaged. */

/* A value that is no container; `info` as names_field gives it. */
bool render_value(struct jw *w, const struct sto_field *f, const struct field_info *info);
bool render_damaged(struct jw *w, struct slice value);
/* Values as they stand on the wire; an amount has the length that its first byte says. */
bool render_wire_amount(struct jw *w, struct slice value);
bool render_wire_account(struct jw *w, struct slice value);
bool render_wire_issue(struct jw *w, struct slice value);
