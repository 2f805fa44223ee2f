/* SPDX-License-Identifier: MIT */
#include "cli/kit_files.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/jsonl.h"
#include "report/packed.h"

/* Lower case, and one '-' for whatever a file's name had better not contain. */
static void slug(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; *from && n + 1 < size; from++) {
		unsigned char c = (unsigned char)*from;

		if (isalnum(c) || c == '_')
			to[n++] = (char)tolower(c);
		else if (n && to[n - 1] != '-')
			to[n++] = '-';
	}
	while (n && to[n - 1] == '-')
		n--;
	to[n] = '\0';
}

void kit_name(char *name, size_t size, const struct machine *machine, const char *started)
{
	char module[32], processor[64], day[16], text[64];

	slug(module, sizeof(module), *machine->kvm_module ? machine->kvm_module : "kvm");
	snprintf(text, sizeof(text), "%s", *machine->id ? machine->id : machine->cpu_model);
	slug(processor, sizeof(processor), text);
	snprintf(text, sizeof(text), "%.10s", started);
	slug(day, sizeof(day), text);
	snprintf(name, size, "%s-%s-%s", module, *processor ? processor : "cpu",
		 *day ? day : "day");
}

/* The first line, the doctor's, the rest. */
static int copy_with_doctor(FILE *out, FILE *in, const char *name, const struct doctor *doctor,
			    struct err *err)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length = getline(&line, &size, in);
	int ret = 0;

	if (length <= 0)
		ret = err_set(err, EPROTO, "%s: it is empty", name);
	for (unsigned n = 0; length > 0 && !ret; n++) {
		if (fwrite(line, 1, (size_t)length, out) != (size_t)length)
			ret = -EIO;
		if (!ret && !n)
			ret = jsonl_write_doctor(out, doctor, err);
		length = getline(&line, &size, in);
	}
	free(line);
	return ret;
}

int kit_pack(const char *bundle, const char *result_file, const struct doctor *doctor,
	     struct err *err)
{
	FILE *in = fopen(result_file, "re"), *out = NULL;
	int ret;

	if (!in)
		return err_sys(err, errno, "cannot open %s", result_file);
	ret = packed_create(bundle, &out, err);
	if (!ret) {
		ret = copy_with_doctor(out, in, result_file, doctor, err);
		if (fclose(out) || ret) {
			ret = ret == -EPROTO ? ret
					     : err_sys(err, errno ? errno : EIO, "cannot write %s",
						       bundle);
			unlink(bundle);
		}
	}
	fclose(in);
	return ret;
}

static int copy(FILE *out, FILE *in, const char *name, struct err *err)
{
	char buffer[65536];
	size_t n, total = 0;

	while ((n = fread(buffer, 1, sizeof(buffer), in))) {
		total += n;
		if (total > KIT_SIZE_MAX)
			return err_set(err, EFBIG,
				       "%s: over 1 GiB when it is unpacked; this is no bundle",
				       name);
		if (fwrite(buffer, 1, n, out) != n)
			return err_sys(err, errno, "cannot write what %s holds", name);
	}
	if (ferror(in))
		return err_set(err, errno ? errno : EIO, "cannot read %s: %s", name,
			       packed_reason(errno));
	return 0;
}

int kit_unpack(const char *bundle, const char *to, struct err *err)
{
	FILE *in, *out;
	int ret = packed_open(bundle, &in, err);

	if (ret)
		return ret;
	out = fopen(to, "wxe");
	if (!out) {
		ret = errno == EEXIST ? err_set(err, EEXIST,
						"%s exists already; give --output another name", to)
				      : err_sys(err, errno, "cannot write %s", to);
		goto out;
	}
	ret = copy(out, in, bundle, err);
	if (fclose(out) && !ret)
		ret = err_sys(err, errno, "cannot write %s", to);
	if (ret)
		unlink(to);
out:
	fclose(in);
	return ret;
}
