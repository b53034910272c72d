/* What differs between two bills, and which keys of a release are approved.
 */
#include "bom.h"
#include "say.h"

#include <inttypes.h>
#include <string.h>

enum { ID_SHOWN = 16 };

/* showing is one answer on its way out. */
struct showing {
	struct kf_output *out;
	struct kf_json *json;	/* NULL: for people */
	size_t num, bad, open;
};

static const char *kind_name(const struct kf_bom_item *item)
{
	static const char *const names[] = {
		[KF_BOM_KEY] = "key", [KF_BOM_CERTIFICATE] = "certificate",
		[KF_BOM_ALGORITHM] = "algorithm",
		[KF_BOM_SIGNATURE] = "signature",
	};

	return names[item->kind];
}

/* item_text writes one for people: key "public key of X" sha256:1234... */
static void item_text(struct kf_output *out, const struct kf_bom_item *item)
{
	kf_output_print(out, "%s \"", kind_name(item));
	kf_output_shown(out, kf_text(item->name));
	kf_output_text(out, "\"");
	if (item->kind == KF_BOM_ALGORITHM || item->kind == KF_BOM_SIGNATURE)
		return;
	if (item->id)
		kf_output_print(out, " sha256:%.*s", ID_SHOWN, item->id);
	else if (item->also)
		kf_output_text(out, " known by a digest alone");
}

static void item_json(struct kf_json *json, const struct kf_bom_item *item)
{
	kf_json_text(json, "kind", kind_name(item));
	kf_json_foreign(json, "name", kf_text(item->name));
	kf_json_text(json, "id", item->kind == KF_BOM_ALGORITHM ? NULL
		     : item->id);
	if (item->ref)
		kf_json_foreign(json, "ref", kf_text(item->ref));
	else
		kf_json_text(json, "ref", NULL);
}

static void change_json(struct kf_json *json, const struct kf_bom_change *c)
{
	static const char *const turns[] = {
		[KF_BOM_CAME] = "came", [KF_BOM_WENT] = "went",
		[KF_BOM_CHANGED] = "changed",
	};

	kf_json_open(json, NULL, '{');
	kf_json_text(json, "change", turns[c->turn]);
	item_json(json, c->new ? c->new : c->old);
	kf_json_text(json, "what", c->what);
	if (c->what) {
		kf_json_foreign(json, "was", kf_text(c->was));
		kf_json_foreign(json, "is", kf_text(c->is));
	} else {
		kf_json_text(json, "was", NULL);
		kf_json_text(json, "is", NULL);
	}
	kf_json_close(json);
}

static void show_change(void *self, const struct kf_bom_change *c)
{
	static const char signs[] = { [KF_BOM_CAME] = '+',
				      [KF_BOM_WENT] = '-',
				      [KF_BOM_CHANGED] = '~' };
	struct showing *s = self;

	s->num++;
	if (s->json) {
		change_json(s->json, c);
		return;
	}
	kf_output_print(s->out, "  %c ", signs[c->turn]);
	item_text(s->out, c->new ? c->new : c->old);
	if (c->what) {
		kf_output_print(s->out, ": %s ", c->what);
		kf_output_shown(s->out, kf_text(c->was[0] ? c->was
						: "not told"));
		kf_output_text(s->out, " -> ");
		kf_output_shown(s->out, kf_text(c->is[0] ? c->is
						: "not told"));
	}
	kf_output_text(s->out, "\n");
}

/* foreign_or_null writes a text that may not be there. */
static void foreign_or_null(struct kf_json *json, const char *name,
			    const char *text)
{
	if (text)
		kf_json_foreign(json, name, kf_text(text));
	else
		kf_json_text(json, name, NULL);
}

static void about_json(struct kf_json *json, const char *name,
		       const char *path, const struct kf_bom *bom)
{
	kf_json_open(json, name, '{');
	kf_json_foreign(json, "file", kf_text(path));
	foreign_or_null(json, "name", bom->name);
	foreign_or_null(json, "version", bom->version);
	foreign_or_null(json, "sha256", bom->sha256);
	foreign_or_null(json, "security_counter", bom->counter);
	kf_json_yes_no(json, "whole", !bom->damaged);
	kf_json_close(json);
}

/* head writes what the bills are about, for people. */
static void about_text(struct kf_output *out, const char *label,
		       const struct kf_bom *bom)
{
	if (!bom->name)
		return;
	kf_output_print(out, "  %-9s ", label);
	kf_output_shown(out, kf_text(bom->name));
	if (bom->version) {
		kf_output_text(out, " ");
		kf_output_shown(out, kf_text(bom->version));
	}
	if (bom->counter) {
		kf_output_text(out, ", security counter ");
		kf_output_shown(out, kf_text(bom->counter));
	}
	kf_output_text(out, "\n");
}

int kf_bom_show_diff(struct kf_billing *q, const struct kf_bom *old,
		     const struct kf_bom *new, const char *const *name)
{
	struct kf_output changes = { 0 };
	struct kf_json json = { .out = &q->out };
	struct showing s = { .out = q->as_json ? &q->out : &changes,
			     .json = q->as_json ? &json : NULL };

	if (q->as_json) {
		kf_json_open(&json, NULL, '{');
		about_json(&json, "old", name[0], old);
		about_json(&json, "new", name[1], new);
		kf_json_open(&json, "changes", '[');
	}
	(void)kf_bom_diff(old, new, show_change, &s);
	if (q->as_json) {
		kf_json_close(&json);
		kf_json_close(&json);
		kf_output_text(&q->out, "\n");
	} else {
		kf_output_print(&q->out, "%s  ", s.num ? "DIFFERENT" : "SAME");
		kf_output_shown(&q->out, kf_text(name[0]));
		kf_output_text(&q->out, "  ");
		kf_output_shown(&q->out, kf_text(name[1]));
		kf_output_text(&q->out, "\n");
		about_text(&q->out, "old", old);
		about_text(&q->out, "new", new);
		kf_output_add(&q->out, changes.data, changes.len);
		q->out.failed |= changes.failed;
	}
	kf_output_close(&changes);
	return s.num ? KF_EXIT_NOT : KF_EXIT_FITS;
}

/* sentences say what a verdict means, for people. */
static const char *sentence(enum kf_bom_verdict verdict)
{
	static const char *const sentences[KF_NUM_BOM_VERDICTS] = {
		[KF_BOM_APPROVED] = "is on the approved bill",
		[KF_BOM_NOT_LISTED] = "is not on the approved bill",
		[KF_BOM_CERTIFICATE_NOT_LISTED] =
			"is not on the approved bill, though its key is",
		[KF_BOM_NOT_YET] = "is on the bill, and not in use yet",
		[KF_BOM_IS_SUSPENDED] = "is on the bill as suspended",
		[KF_BOM_IS_DEACTIVATED] = "is on the bill as deactivated",
		[KF_BOM_IS_COMPROMISED] = "is on the bill as compromised",
		[KF_BOM_IS_DESTROYED] = "is on the bill as destroyed",
		[KF_BOM_IS_REVOKED] = "is on the bill as revoked",
		[KF_BOM_IS_REPLACED] = "is on the bill as replaced by",
		[KF_BOM_HAS_ENDED] = "is on the bill, and its time has ended",
		[KF_BOM_NOT_TOLD] =
			"whose key made it the file does not tell, or by a name alone",
	};

	return sentences[verdict];
}

static void check_json(struct kf_json *json, const struct kf_bom_checked *c)
{
	kf_json_open(json, NULL, '{');
	item_json(json, c->item);
	kf_json_text(json, "reason", kf_bom_slug(c->verdict));
	foreign_or_null(json, "approved_name", c->approved ? c->approved->name
			: NULL);
	foreign_or_null(json, "replaced_by", c->approved
			? c->approved->replaced_by : NULL);
	kf_json_close(json);
}

static void show_checked(void *self, const struct kf_bom_checked *c)
{
	struct showing *s = self;

	s->num++;
	s->open += c->verdict == KF_BOM_NOT_TOLD;
	s->bad += c->verdict != KF_BOM_APPROVED &&
		  c->verdict != KF_BOM_NOT_TOLD;
	if (s->json) {
		check_json(s->json, c);
		return;
	}
	kf_output_print(s->out, "  %-10s ", kf_bom_slug(c->verdict));
	item_text(s->out, c->item);
	kf_output_print(s->out, ": %s", sentence(c->verdict));
	if (c->verdict == KF_BOM_IS_REPLACED) {
		kf_output_text(s->out, " ");
		kf_output_shown(s->out, kf_text(c->approved->replaced_by));
	}
	kf_output_text(s->out, "\n");
}

/* outcome: a finding is one, whatever else is not known; what nobody signed is
 * by no approved key. */
static int outcome(const struct showing *s, const struct kf_bom *release)
{
	if (s->bad || s->num == 0)
		return KF_EXIT_NOT;
	return s->open || release->damaged ? KF_EXIT_UNKNOWN : KF_EXIT_FITS;
}

static const char *word(int status, bool json)
{
	if (status == KF_EXIT_NOT)
		return json ? "not-approved" : "NOT APPROVED";
	if (status == KF_EXIT_UNKNOWN)
		return json ? "unknown" : "UNKNOWN";
	return json ? "approved" : "APPROVED";
}

int kf_bom_show_check(struct kf_billing *q, const struct kf_bom *release,
		      const struct kf_bom *approved, const char *const *name)
{
	struct kf_output rows = { 0 };
	struct kf_json json = { .out = &q->out };
	struct showing s = { .out = q->as_json ? &q->out : &rows,
			     .json = q->as_json ? &json : NULL };
	int status;

	if (q->as_json) {
		kf_json_open(&json, NULL, '{');
		about_json(&json, "release", name[0], release);
		about_json(&json, "approved", name[1], approved);
		kf_json_open(&json, "keys", '[');
	}
	(void)kf_bom_check(release, approved, q->at_s, show_checked, &s);
	status = outcome(&s, release);
	if (q->as_json) {
		kf_json_close(&json);
		kf_json_text(&json, "verdict", word(status, true));
		kf_json_close(&json);
		kf_output_text(&q->out, "\n");
		return status;
	}
	kf_output_print(&q->out, "%s  ", word(status, false));
	kf_output_shown(&q->out, kf_text(name[0]));
	kf_output_text(&q->out, "  ");
	kf_output_shown(&q->out, kf_text(name[1]));
	kf_output_text(&q->out, "\n");
	if (s.num == 0)
		kf_output_text(&q->out, "  there is no key and no certificate in the release\n");
	if (release->damaged)
		kf_output_text(&q->out, "  not all of the release could be read\n");
	kf_output_add(&q->out, rows.data, rows.len);
	q->out.failed |= rows.failed;
	kf_output_close(&rows);
	return status;
}
