/* Writes a prediction as components for systemd-pcrlock: the digests of events
 * as they are and as they will be, two variants of which either may match.
 * UEFI-105.
 *
 * Source: systemd 257, src/pcrlock/pcrlock.c:event_log_add_component_file,
 * event_log_record_parse_json, event_log_match_component_variant;
 * man/systemd.pcrlock.xml ("Well-known Components").
 */
#include "predict.h"
#include "say.h"

#include "host/json_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

/* A component holds what a register takes before or behind its separator, or
 * all that is no separator and no action: systemd brings those itself. */
enum place { POLICY, BEHIND, ALL };

static const struct component {
	const char *name;
	uint32_t pcr;
	enum place place;
} components[] = {
	{ "240-secureboot-policy", 7, POLICY },
	{ "620-secureboot-authority", 7, BEHIND },
	{ "625-shim-mok", 14, ALL },
	{ "630-boot-images", 4, ALL },
	{ "640-loader-commands", 8, ALL },
	{ "650-loader-files", 9, ALL },
};

static const char separator[] = "400-secureboot-separator";

/* Variants are tried in the order of their names, and one that is empty fits
 * any log: what is comes in front of what will be. */
static const char is_now[] = "300-now", will_be[] = "600-after";

/* make_folder makes a folder where there is none. */
static int make_folder(const char *path)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return KF_EXIT_FITS;
	kf_say(path, strerror(errno), NULL);
	return KF_EXIT_FAULT;
}

/* put_file writes a file whole, or leaves what is there. */
static int put_file(const char *path, struct kf_output *text)
{
	char beside[PATH_ROOM + 16];
	struct kf_fault why = { 0 };
	int fd, status = KF_EXIT_FITS;

	snprintf(beside, sizeof(beside), "%s.keyfit-new", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		  O_NOFOLLOW, 0666);
	if (fd < 0) {
		kf_say(path, strerror(errno), NULL);
		return KF_EXIT_FAULT;
	}
	if (kf_output_flush(text, fd, &why) != KF_OK) {
		kf_say_fault(path, &why);
		status = KF_EXIT_FAULT;
	}
	if (close(fd) != 0 || (status == KF_EXIT_FITS &&
			       rename(beside, path) != 0)) {
		kf_say(path, strerror(errno), NULL);
		status = KF_EXIT_FAULT;
	}
	if (status != KF_EXIT_FITS)
		unlink(beside);
	return status;
}

static void record(struct kf_json *json, const struct kf_eventlog *log,
		   const struct kf_event *event)
{
	kf_json_open(json, NULL, '{');
	kf_json_number(json, "pcr", event->pcr);
	kf_json_open(json, "digests", '[');
	for (size_t b = 0; b < log->num_banks; b++) {
		if (!log->bank[b].known || !event->digest[b].len)
			continue;
		kf_json_open(json, NULL, '{');
		kf_json_text(json, "hashAlg", log->bank[b].name);
		kf_json_hex(json, "digest", event->digest[b]);
		kf_json_close(json);
	}
	kf_json_close(json);
	kf_json_close(json);
}

/* event_of is an event on one side; NULL: there is none. */
static const struct kf_event *event_of(const struct kf_forecast_event *e,
				       enum kf_side side)
{
	if (side == KF_BEFORE)
		return e->number ? &e->was : NULL;
	return e->fate == KF_FATE_UNKNOWN || e->fate == KF_FATE_DROPPED
	       ? NULL : &e->will;
}

/* records writes those of a component; returns how many there are. */
static size_t records(struct kf_json *json, const struct kf_forecast *f,
		      const struct component *c, enum kf_side side)
{
	bool behind = false;
	size_t num = 0;

	for (size_t i = 0; i < f->num; i++) {
		const struct kf_event *event = event_of(&f->event[i], side);

		if (f->event[i].pcr != c->pcr || !event)
			continue;
		if (event->type == KF_EV_SEPARATOR) {
			behind = true;
			continue;
		}
		if (c->place == ALL ? event->type == KF_EV_EFI_ACTION
				    : behind != (c->place == BEHIND))
			continue;
		record(json, &f->log, event);
		num++;
	}
	return num;
}

/* variant makes the text of one; returns how many records are in it. */
static size_t variant(struct kf_output *out, const struct kf_forecast *f,
		      const struct component *c, enum kf_side side)
{
	struct kf_json json = { .out = out };
	size_t num;

	kf_json_open(&json, NULL, '{');
	kf_json_open(&json, "records", '[');
	num = records(&json, f, c, side);
	kf_json_close(&json);
	kf_json_close(&json);
	kf_output_text(out, "\n");
	return num;
}

/* component_file names a variant, and makes the folder for it. */
static int component_file(char path[PATH_ROOM], const char *folder,
			  const char *component, const char *name)
{
	int len = snprintf(path, PATH_ROOM, "%s/%s.pcrlock.d", folder,
			   component);
	int status;

	if (len < 0 || (size_t)len + strlen(name) + 16 > PATH_ROOM) {
		kf_say(folder, "is too long a name", NULL);
		return KF_EXIT_USAGE;
	}
	status = make_folder(path);
	snprintf(path + len, PATH_ROOM - (size_t)len, "/%s.pcrlock", name);
	return status;
}

static int write_one(const char *folder, const char *component,
		     const char *name, struct kf_output *text)
{
	char path[PATH_ROOM];
	int status = component_file(path, folder, component, name);

	return status == KF_EXIT_FITS ? put_file(path, text) : status;
}

static bool same(const struct kf_output *a, const struct kf_output *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* write_component writes a component's variants: what will be only where it is
 * known and differs. A variant may be empty, as without Secure Boot that of the
 * authorities is; a component that never holds anything may not. */
static int write_component(const struct kf_prediction *p, const char *folder,
			   const struct component *c)
{
	const struct kf_forecast *f = &p->forecast;
	struct kf_output now = { 0 }, after = { 0 };
	size_t num = variant(&now, f, c, KF_BEFORE);
	size_t will = variant(&after, f, c, KF_AFTER);
	int status = KF_EXIT_FITS;
	bool differs;

	if (now.failed || after.failed) {
		kf_say(NULL, "out of memory", NULL);
		status = KF_EXIT_FAULT;
	}
	differs = status == KF_EXIT_FITS && f->known[c->pcr] &&
		  !same(&now, &after);
	if (status == KF_EXIT_FITS && differs)
		status = write_one(folder, c->name, will_be, &after);
	if (status == KF_EXIT_FITS && (num || (differs && will)))
		status = write_one(folder, c->name, is_now, &now);
	kf_output_close(&now);
	kf_output_close(&after);
	return status;
}

/* write_separator: PCR 7 has one, whatever changes. */
static int write_separator(const struct kf_prediction *p, const char *folder)
{
	const struct kf_forecast *f = &p->forecast;
	struct kf_output text = { 0 };
	struct kf_json json = { .out = &text };
	int status = KF_EXIT_FITS;
	bool any = false;

	kf_json_open(&json, NULL, '{');
	kf_json_open(&json, "records", '[');
	for (size_t i = 0; i < f->num && !any; i++) {
		any = f->event[i].pcr == 7 &&
		      f->event[i].was.type == KF_EV_SEPARATOR;
		if (any)
			record(&json, &f->log, &f->event[i].was);
	}
	kf_json_close(&json);
	kf_json_close(&json);
	kf_output_text(&text, "\n");
	if (any)
		status = write_one(folder, separator, is_now, &text);
	kf_output_close(&text);
	return status;
}

int kf_prediction_lock(const struct kf_prediction *p, const char *folder)
{
	int status = make_folder(folder);

	if (status == KF_EXIT_FITS && p->wanted[7])
		status = write_separator(p, folder);
	for (size_t i = 0; i < sizeof(components) / sizeof(components[0]); i++)
		if (status == KF_EXIT_FITS && p->wanted[components[i].pcr])
			status = write_component(p, folder, &components[i]);
	return status;
}
