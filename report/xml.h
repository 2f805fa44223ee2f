/* SPDX-License-Identifier: MIT */
#ifndef REPORT_XML_H
#define REPORT_XML_H

#include <stdio.h>

/* Text of an element or of an attribute; control characters, for which XML has no way, become '?'. */
void xml_put(FILE *out, const char *text);

#endif
