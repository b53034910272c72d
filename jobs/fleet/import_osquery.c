/* What osquery and Fleet write: lines of the results log, whatever queries they
 * are of, and the CSV of a report.
 *
 * Source: osquery/osquery 5.23.0, osquery/core/query.cpp:
 * addLegacyFieldsAndDecorations, serializeQueryLogItem, serializeEvent;
 * fleetdm/fleet, frontend/utilities/generate_csv/index.ts, frontend/pages/
 * queries/details/components/QueryReport/QueryReport.tsx:flattenResults.
 */
#include "osquery.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* said is one line of a log. */
struct said {
	struct kf_importing *i;
	uint64_t line;
	struct kf_bytes host;
	int64_t time_s;
};

static struct kf_bytes host_of(json_t *root)
{
	json_t *host = json_object_get(root, "hostIdentifier");

	if (!json_is_string(host))
		host = json_object_get(root, "hostname");
	return kf_view(json_string_value(host), json_string_length(host));
}

bool kf_osquery_likely(json_t *root)
{
	return json_object_get(root, "name") && host_of(root).data &&
	       (json_is_object(json_object_get(root, "columns")) ||
		json_is_array(json_object_get(root, "snapshot")) ||
		json_is_object(json_object_get(root, "diffResults")));
}

/* number_of reads a number, which older versions write as a text. */
static int64_t number_of(json_t *value)
{
	const char *text = json_string_value(value);

	return text ? strtoll(text, NULL, 10) : json_integer_value(value);
}

/* take_row takes one row. A number may be one, by --logger_numerics. */
static enum kf_status take_row(const struct said *s, json_t *columns,
			       enum kf_osquery_action action)
{
	struct kf_osquery_row row = { .sha1 = { NULL, 0 } };
	char number[8][24];
	const char *key;
	json_t *value;
	size_t num = 0;

	json_object_foreach(columns, key, value) {
		struct kf_bytes *place = kf_osquery_place(&row, kf_text(key));

		if (!place)
			continue;
		if (json_is_integer(value) && num < 8) {
			snprintf(number[num], sizeof(number[0]), "%lld",
				 (long long)json_integer_value(value));
			*place = kf_text(number[num++]);
		} else if (json_is_string(value)) {
			*place = kf_view(json_string_value(value),
					 json_string_length(value));
		}
	}
	return kf_osquery_take(s->i, s->line, s->host, s->time_s, action,
			       &row);
}

static enum kf_status take_rows(const struct said *s, json_t *rows,
				enum kf_osquery_action action)
{
	enum kf_status status = KF_OK;
	size_t index;
	json_t *row;

	json_array_foreach(rows, index, row)
		if (status == KF_OK)
			status = take_row(s, row, action);
	return status;
}

enum kf_status kf_osquery_line(struct kf_importing *i, uint64_t line,
			       json_t *root)
{
	struct said s = { i, line, host_of(root),
			  number_of(json_object_get(root, "unixTime")) };
	const char *action = json_string_value(json_object_get(root,
							       "action"));
	json_t *diff = json_object_get(root, "diffResults");
	json_t *columns = json_object_get(root, "columns");
	enum kf_status status;

	if (columns)
		return take_row(&s, columns, action &&
				strcmp(action, "removed") == 0
				? KF_OSQUERY_REMOVED : action &&
				strcmp(action, "snapshot") == 0
				? KF_OSQUERY_SNAPSHOT : KF_OSQUERY_ADDED);
	if (!diff)
		return take_rows(&s, json_object_get(root, "snapshot"),
				 KF_OSQUERY_SNAPSHOT);
	status = take_rows(&s, json_object_get(diff, "removed"),
			   KF_OSQUERY_REMOVED);
	return status == KF_OK
		? take_rows(&s, json_object_get(diff, "added"),
			    KF_OSQUERY_ADDED)
		: status;
}
