/* Fields of CSV: as they are, or for a spreadsheet.
 */
#ifndef KEYFIT_APPS_CLI_CSV_H
#define KEYFIT_APPS_CLI_CSV_H

#include "host/output.h"

/* kf_csv_field writes a field as it is, for programs that read it again, and
 * `end` behind it. kf_csv_cell writes one that a spreadsheet must not take for
 * a formula: an apostrophe stands in front of it then.
 * Source: OWASP, "CSV Injection"; RFC 4180, 2. */
void kf_csv_field(struct kf_output *out, struct kf_bytes text,
		  const char *end);
void kf_csv_cell(struct kf_output *out, struct kf_bytes text,
		 const char *end);

#endif
