/* SPDX-License-Identifier: MIT */
#include "cli/plot.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/picture.h"

int plot_write_data(const struct plot_kind *kind, const struct plot_input *input, const char *data,
		    struct err *err)
{
	FILE *out = fopen(data, "we");
	int rc;

	if (!out)
		return err_sys(err, errno, "cannot write %s", data);
	rc = kind->write(out, input, err);
	if (ferror(out) | fclose(out) && !rc)
		rc = err_sys(err, errno ? errno : EIO, "cannot write %s", data);
	if (rc)
		unlink(data);
	return rc;
}

pid_t plot_begin_drawing(const struct plot_kind *kind, const char *data, const char *path, struct err *err)
{
	const struct picture_script scripts[] = {
		{plot_style, plot_style_end},
		{kind->script, kind->script_end},
	};

	return picture_begin(scripts, sizeof(scripts) / sizeof(scripts[0]), data, path, err);
}
