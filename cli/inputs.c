/* SPDX-License-Identifier: MIT */
#include "cli/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "report/jsonl.h"

char *input_label(const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *ending = strstr(name, ".jsonl");

	return strndup(name, ending ? (size_t)(ending - name) : strlen(name));
}

int inputs_read(struct inputs *inputs, const char *const *paths, size_t n, struct err *err)
{
	*inputs = (struct inputs){.sets = calloc(n ? n : 1, sizeof(*inputs->sets)),
				  .labels = calloc(n ? n : 1, sizeof(*inputs->labels))};
	if (!inputs->sets || !inputs->labels)
		return err_set(err, ENOMEM, "no memory for the result files");
	for (size_t i = 0; i < n; i++) {
		int rc;

		inputs->labels[i] = input_label(paths[i]);
		inputs->n = i + 1;
		if (!inputs->labels[i])
			return err_set(err, ENOMEM, "no memory for the result files");
		rc = jsonl_read(paths[i], &inputs->sets[i], err);
		if (rc)
			return rc;
		if (err->text[0])
			complain("%s", err->text);
	}
	return 0;
}

void inputs_clear(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++) {
		result_set_clear(&inputs->sets[i]);
		free(inputs->labels[i]);
	}
	free(inputs->sets);
	free(inputs->labels);
	*inputs = (struct inputs){0};
}
