/* SPDX-License-Identifier: Apache-2.0 */
/* The log's file and its rotation. Used by one thread (log.c's writer). */
#pragma once
#include "base/slice.h"

struct log_file {
    char *path; /* <directory>/kleio.log */
    char *directory;
    int fd;                  /* -1 = not open */
    uint64_t bytes;          /* in the present file */
    uint64_t rotation_bytes; /* 0 = never */
    uint32_t max_files;
};

/* Make the directory if it is missing, and open the file for appending. False with err_text set. */
bool log_file_open(struct log_file *f, const char *directory, uint64_t rotation_bytes,
                   uint32_t max_files);
void log_file_close(struct log_file *f);
/* Go on in a new file of the same name, if the old one has been moved away. */
void log_file_reopen(struct log_file *f);
/* Append whole lines, rotating between them. What cannot be written is lost. */
void log_file_write(struct log_file *f, struct slice lines);
