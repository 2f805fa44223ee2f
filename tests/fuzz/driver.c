/* SPDX-License-Identifier: MIT */
/*
 * usage: fuzz-NAME FOLDER [EXECUTIONS]
 * Runs a target where there is no libFuzzer: on every file of the folder, and on changes of them
 * that are the same each time. A crash or a hang ends it; so does an input that takes longer than a
 * second.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/random.h"
#include "tests/fuzz/fuzz.h"

#define FILES_MAX  64
#define INPUT_MAX  (64 * 1024)
#define EXECUTIONS 20000

static struct {
	uint8_t *bytes;
	size_t size;
} files[FILES_MAX];
static size_t n_files;

static void load(const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[1024];
		FILE *in;

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		in = names[i]->d_name[0] != '.' && n_files < FILES_MAX ? fopen(path, "re") : NULL;
		if (in) {
			files[n_files].bytes = malloc(INPUT_MAX);
			if (!files[n_files].bytes)
				exit(3);
			files[n_files].size = fread(files[n_files].bytes, 1, INPUT_MAX, in);
			n_files++;
			fclose(in);
		}
		free(names[i]);
	}
	free(names);
}

/* What stands in numbers and between them, so that changes reach deeper than a byte's do. */
static const char *const words[] = {"-1",
				    "0",
				    "18446744073709551615",
				    "1e999",
				    "null",
				    "[]",
				    "{}",
				    "\"\"",
				    "\"",
				    "\\u0000",
				    "\n",
				    "true",
				    "9223372036854775808",
				    "[[[[[[[["};

static size_t change(struct random *random, uint8_t *to)
{
	size_t which = random_below(random, n_files), size = files[which].size;
	unsigned changes = 1 + (unsigned)random_below(random, 6);

	memcpy(to, files[which].bytes, size);
	while (changes-- && size) {
		size_t at = random_below(random, size), n = 1 + random_below(random, 32);
		const char *word = words[random_below(random, sizeof(words) / sizeof(words[0]))];

		n = n < size - at ? n : size - at;
		switch (random_below(random, 6)) {
		case 0: /* a bit */
			to[at] ^= (uint8_t)(1u << random_below(random, 8));
			break;
		case 1: /* a byte */
			to[at] = (uint8_t)random_below(random, 256);
			break;
		case 2: /* cut off */
			size = at;
			break;
		case 3: /* taken out */
			memmove(to + at, to + at + n, size - at - n);
			size -= n;
			break;
		case 4: /* twice */
			n = n < INPUT_MAX - size ? n : INPUT_MAX - size;
			memmove(to + at + n, to + at, size - at);
			size += n;
			break;
		default: /* a word over it */
			n = strlen(word) < size - at ? strlen(word) : size - at;
			memcpy(to + at, word, n);
		}
	}
	return size;
}

/* In memory of exactly this size, so that a sanitizer sees a byte too much. */
static int run(const uint8_t *bytes, size_t size)
{
	struct timespec before, after;
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		return 3;
	memcpy(exact, bytes, size);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	LLVMFuzzerTestOneInput(exact, size);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	free(exact);
	return after.tv_sec - before.tv_sec > 1;
}

int main(int argc, char **argv)
{
	static uint8_t input[INPUT_MAX];
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	char folder[512];
	unsigned long executions = argc > 2 ? strtoul(argv[2], NULL, 10) : EXECUTIONS, slow = 0;
	struct random random;

	snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s", name);
	load(argc > 1 ? argv[1] : folder);
	random_seed(&random, 1);
	for (size_t i = 0; i < n_files; i++)
		slow += run(files[i].bytes, files[i].size) != 0;
	for (unsigned long i = 0; i < executions && n_files; i++)
		slow += run(input, change(&random, input)) != 0;
	printf("%sok 1 - %s: %zu inputs and %lu changes of them, %lu of them took over a "
	       "second\n1..1\n",
	       n_files && !slow ? "" : "not ", name, n_files, executions, slow);
	return n_files && !slow ? 0 : 1;
}
