/* Puts the parts of a machine together, and says what could not be read.
 */
#include "collect_parts.h"

#include "device.h"
#include "measured.h"

#include <stdio.h>
#include <string.h>

void kf_collect_unread(struct kf_collecting *c, const char *what,
		       const char *why)
{
	kf_output_add(&c->unread, what, strlen(what) + 1);
	kf_output_add(&c->unread, why, strlen(why) + 1);
	c->num_unread++;
}

void kf_collect_path(char out[KF_COLLECT_PATH], const struct kf_collecting *c,
		     const char *path)
{
	snprintf(out, KF_COLLECT_PATH, "%s%s", c->ask->root, path);
}

bool kf_collect_read(struct kf_output *out, struct kf_collecting *c,
		     const char *path, bool quiet)
{
	struct kf_fault why = { "", "" };
	char whole[KF_COLLECT_PATH];
	enum kf_status status;

	kf_collect_path(whole, c, path);
	status = kf_stream_read(out, whole, &why);
	if (status == KF_NO_MEMORY)
		c->json.out->failed = true;
	else if (status != KF_OK && !quiet)
		kf_collect_unread(c, path, why.what);
	return status == KF_OK;
}

static void write_unread(struct kf_collecting *c)
{
	const char *at = c->unread.data;

	kf_json_open(&c->json, "unread", '[');
	for (size_t i = 0; i < c->num_unread && !c->unread.failed; i++) {
		kf_json_open(&c->json, NULL, '{');
		kf_json_foreign(&c->json, "what", kf_text(at));
		at += strlen(at) + 1;
		kf_json_foreign(&c->json, "why", kf_text(at));
		at += strlen(at) + 1;
		kf_json_close(&c->json);
	}
	kf_json_close(&c->json);
}

enum kf_status kf_collect(struct kf_output *out, size_t *num_unread,
			  const struct kf_collect_ask *ask)
{
	struct kf_collecting c = { .ask = ask, .json = { .out = out } };
	char name[128] = "";
	bool failed;

	kf_json_open(&c.json, NULL, '{');
	/* First, so that the file is known by its start. */
	kf_json_number(&c.json, "keyfit_collected", 1);
	kf_json_time(&c.json, "taken_at", ask->at_s);
	kf_json_text(&c.json, "by", ask->by);
	if (ask->root[0] == '\0')
		kf_machine_name(name);
	if (name[0])
		kf_json_foreign(&c.json, "host", kf_text(name));
	else
		kf_json_text(&c.json, "host", NULL);
	kf_json_text(&c.json, "machine", ask->root[0] ? NULL
		     : kf_machine_kind("/sys/firmware/efi"));
	kf_collect_variables(&c);
	kf_collect_told(&c);
	kf_collect_identity(&c);
	kf_collect_measured(&c);
	kf_collect_versions(&c);
	kf_collect_esp(&c);
	kf_collect_updaters(&c);
	write_unread(&c);
	kf_json_close(&c.json);
	kf_output_text(out, "\n");
	failed = out->failed || c.unread.failed;
	*num_unread = c.num_unread;
	kf_output_close(&c.unread);
	return failed ? KF_NO_MEMORY : KF_OK;
}
