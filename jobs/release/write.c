/* Writes a manifest, always the same way of the same folder.
 */
#include "release.h"

#include "core/dsse.h"

static void hex(struct kf_json *json, const char *name,
		const struct kf_digest *d)
{
	kf_json_hex(json, name, kf_view(d->bytes, d->len));
}

static void subjects(struct kf_json *json, const struct kf_release *r)
{
	kf_json_open(json, "subject", '[');
	for (size_t i = 0; i < r->num; i++) {
		kf_json_open(json, NULL, '{');
		kf_json_foreign(json, "name", kf_text(r->file[i].path));
		kf_json_open(json, "digest", '{');
		hex(json, "sha256", &r->file[i].sha256);
		kf_json_close(json);
		kf_json_close(json);
	}
	kf_json_close(json);
}

static void artifact(struct kf_json *json, const struct kf_release_file *f)
{
	kf_json_open(json, NULL, '{');
	kf_json_foreign(json, "path", kf_text(f->path));
	hex(json, "sha256", &f->sha256);
	kf_json_number(json, "length", f->len);
	if (f->format)
		kf_json_text(json, "format", f->format);
	if (f->version[0])
		kf_json_foreign(json, "version", kf_text(f->version));
	if (f->has_counter)
		kf_json_number(json, "security_counter", f->counter);
	kf_json_open(json, "signers", '[');
	for (size_t i = 0; i < KF_SIGNERS_MAX; i++)
		if (f->signers >> i & 1)
			kf_json_number(json, NULL, i);
	kf_json_close(json);
	kf_json_close(json);
}

static void fit(struct kf_json *json, const struct kf_release *r,
		const struct kf_release_fit *f)
{
	kf_json_open(json, NULL, '{');
	hex(json, "class", &f->class);
	kf_json_number(json, "devices", f->devices);
	kf_json_open(json, "names", '[');
	for (size_t i = 0; i < f->num_names; i++)
		kf_json_foreign(json, NULL, kf_text(f->name[i]));
	kf_json_close(json);
	kf_json_open(json, "rules", '[');
	for (size_t i = 0; i < f->num_rules; i++)
		kf_json_text(json, NULL, f->rules[i]);
	kf_json_close(json);
	kf_json_open(json, "artifacts", '[');
	for (size_t i = 0; i < r->num; i++)
		if (f->asked[i])
			kf_json_foreign(json, NULL, kf_text(r->file[i].path));
	kf_json_close(json);
	kf_json_text(json, "verdict", "accept");
	kf_json_yes_no(json, "enforced", !f->not_enforced);
	kf_json_close(json);
}

static void predicate(struct kf_json *json, const struct kf_release *r)
{
	kf_json_open(json, "predicate", '{');
	kf_json_foreign(json, "product", kf_text(r->product));
	kf_json_foreign(json, "version", kf_text(r->version));
	if (r->has_counter)
		kf_json_number(json, "security_counter", r->counter);
	kf_signers_write(json, &r->signers);
	kf_json_open(json, "artifacts", '[');
	for (size_t i = 0; i < r->num; i++)
		artifact(json, &r->file[i]);
	kf_json_close(json);
	kf_json_open(json, "fits", '[');
	for (size_t i = 0; i < r->num_fits; i++)
		fit(json, r, &r->fit[i]);
	kf_json_close(json);
	kf_json_time(json, "made", r->made_s);
	kf_json_close(json);
}

enum kf_status kf_release_write(struct kf_output *out,
				const struct kf_release *release)
{
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "_type", KF_STATEMENT_TYPE);
	subjects(&json, release);
	kf_json_text(&json, "predicateType", KF_RELEASE_TYPE);
	predicate(&json, release);
	kf_json_close(&json);
	kf_output_text(out, "\n");
	return out->failed ? KF_NO_MEMORY : KF_OK;
}
