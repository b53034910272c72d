/* What anchors end, as text and JSON.
 */
#include "matrix_ends.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH_LEN = 1 << 20 };

/* one_loss is what names are asked for. */
struct one_loss {
	const struct kf_losses *losses;
	const struct kf_loss *loss;
};

static bool has_loss(const void *self, size_t class)
{
	const struct one_loss *one = self;

	return kf_loss_has(one->losses, one->loss, class);
}

/* show_line writes one line of the table. What has ended already is lost since
 * then. */
static void show_line(struct kf_output *out, const struct kf_matrix *m,
		      const struct kf_loss *l)
{
	struct kf_output words = { 0 };
	char day[24];

	kf_time_write(day, l->last_s);
	if (l->kind == KF_LOSS_NEVER)
		kf_output_print(out, "%-16s", "never");
	else
		kf_output_print(out, "%-6s%.10s", l->last_s < m->at_s
				? "since" : "", day);
	kf_output_print(out, "  %s, on %" PRIu64 " device%s (%s): ",
			kf_loss_ability(l), l->devices,
			l->devices == 1 ? "" : "s", l->rules->name);
	kf_loss_words(&words, l);
	kf_output_shown(out, kf_view(words.data, words.len));
	kf_output_text(out, "\n");
	out->failed = out->failed || words.failed;
	kf_output_close(&words);
}

static enum kf_status write_text(const struct kf_losses *losses,
				 struct kf_matrix *m, struct kf_output *out,
				 bool devices, struct kf_fault *why)
{
	enum kf_status status = KF_OK;

	if (losses->num)
		kf_output_text(out, "\nwhich ability ends with what is trusted, by its last day:\n");
	for (size_t n = 0; n < losses->num && status == KF_OK; n++) {
		const struct one_loss one = { losses, losses->order[n] };

		show_line(out, m, losses->order[n]);
		if (devices)
			status = kf_ends_names(out, m, has_loss, &one, why);
	}
	return status;
}

static const char *kind_name(enum kf_loss_kind kind)
{
	static const char *const names[] = {
		[KF_LOSS_ALL] = "all",
		[KF_LOSS_LATER] = "signed-later",
		[KF_LOSS_NEW] = "new",
		[KF_LOSS_NEVER] = "never",
	};

	return names[kind];
}

static void foreign(struct kf_json *json, const char *name, const char *text)
{
	if (text)
		kf_json_foreign(json, name, kf_text(text));
	else
		kf_json_text(json, name, NULL);
}

static void members(struct kf_json *json, const struct kf_loss *l)
{
	struct kf_output words = { 0 };
	char time[24];

	kf_time_write(time, l->last_s);
	kf_json_text(json, "not_after", l->kind == KF_LOSS_NEVER ? NULL : time);
	kf_json_text(json, "ability", l->ability);
	kf_json_text(json, "lost", kind_name(l->kind));
	kf_json_text(json, "stage", l->rules->verifier->stage);
	kf_json_text(json, "rules", l->rules->name);
	foreign(json, "part", l->part);
	foreign(json, "anchor", l->anchor);
	kf_json_text(json, "successor", l->authority
		     ? l->authority->successor : NULL);
	kf_loss_words(&words, l);
	kf_json_foreign(json, "text", kf_view(words.data, words.len));
	json->out->failed = json->out->failed || words.failed;
	kf_output_close(&words);
}

/* writing is the devices while they are written. */
struct writing {
	const struct kf_losses *losses;
	struct kf_render *r;
};

static enum kf_status device_json(void *self, struct kf_bytes name,
				  size_t class, struct kf_fault *why)
{
	struct writing *w = self;

	for (size_t n = 0; n < w->losses->num; n++) {
		struct kf_json json = { .out = &w->r->out };

		if (!kf_loss_has(w->losses, w->losses->order[n], class))
			continue;
		kf_json_open(&json, NULL, '{');
		kf_json_text(&json, "kind", "device-loss");
		kf_json_foreign(&json, "device", name);
		members(&json, w->losses->order[n]);
		kf_json_close(&json);
		kf_output_text(&w->r->out, "\n");
	}
	return w->r->out.len < FLUSH_LEN && !w->r->out.failed
		? KF_OK : kf_output_flush(&w->r->out, STDOUT_FILENO, why);
}

static enum kf_status write_json(const struct kf_losses *losses,
				 struct kf_matrix *m, struct kf_render *r,
				 bool devices, struct kf_fault *why)
{
	struct writing w = { losses, r };

	for (size_t n = 0; n < losses->num; n++) {
		struct kf_json json = { .out = &r->out };

		kf_json_open(&json, NULL, '{');
		kf_json_text(&json, "kind", "loss");
		members(&json, losses->order[n]);
		kf_json_number(&json, "devices", losses->order[n]->devices);
		kf_json_number(&json, "classes", losses->order[n]->classes);
		kf_json_close(&json);
		kf_output_text(&r->out, "\n");
	}
	return devices ? kf_matrix_devices(m, device_json, &w, why) : KF_OK;
}

enum kf_status kf_losses_write(const struct kf_losses *losses,
			       struct kf_matrix *m, struct kf_render *r,
			       const char *form, bool devices,
			       struct kf_fault *why)
{
	return strcmp(form, "json") == 0
		? write_json(losses, m, r, devices, why)
		: write_text(losses, m, &r->out, devices, why);
}
