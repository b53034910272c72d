/* What osquery tells of Secure Boot, until a file of it is read to its end.
 */
#ifndef KEYFIT_JOBS_FLEET_OSQUERY_H
#define KEYFIT_JOBS_FLEET_OSQUERY_H

#include "import.h"

#include <jansson.h>

struct kf_osquery;

/* kf_osquery_row is one row of a table: its columns by name. A column that was
 * not asked for has no data. */
struct kf_osquery_row {
	struct kf_bytes sha1, revoked, path, secure_boot, setup_mode;
};

/* kf_osquery_place is where the column of a name belongs in a row; NULL: it is
 * another one. */
struct kf_bytes *kf_osquery_place(struct kf_osquery_row *row,
				  struct kf_bytes name);

enum kf_osquery_action {
	KF_OSQUERY_SNAPSHOT, KF_OSQUERY_ADDED, KF_OSQUERY_REMOVED,
};

/* kf_osquery_take takes a row of a host. `time_s` 0: it is not told. Rows of
 * other tables are passed over. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_osquery_take(struct kf_importing *i, uint64_t line,
				       struct kf_bytes host, int64_t time_s,
				       enum kf_osquery_action action,
				       const struct kf_osquery_row *row);

/* import_osquery.c: kf_osquery_likely tells a line of osquery's log, and
 * kf_osquery_line takes it. */
bool kf_osquery_likely(json_t *root);
KF_MUST enum kf_status kf_osquery_line(struct kf_importing *i, uint64_t line,
				       json_t *root);

/* kf_osquery_end makes a record of each host, and forgets them. */
KF_MUST enum kf_status kf_osquery_end(struct kf_importing *i);
void kf_osquery_close(struct kf_importing *i);

/* Certificates of Microsoft's that are published; data NULL ends. */
extern const struct kf_bytes kf_published_certificates[];

#endif
