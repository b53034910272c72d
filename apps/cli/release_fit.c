/* Asks devices and classes of a fleet about the files of a release: each about
 * those that it has a verifier for.
 */
#include "release.h"

#include "ask.h"
#include "fleet_ask.h"
#include "inside.h"
#include "say.h"
#include "words.h"

#include "host/stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_LEN = 4096 };

/* asking is one file before one class of devices. */
struct asking {
	struct kf_releasing *q;
	const struct kf_device *device;
	size_t fit, file;
	const char *path;	/* of the file, or of one inside it */
	bool inside;
};

static struct kf_release_fit *fit_of(const struct asking *a)
{
	return &a->q->release.fit[a->fit];
}

/* open_device opens one device of those that were given. */
static int open_device(struct kf_releasing *q, const struct kf_given *given)
{
	struct kf_device *device = &q->device[q->num_devices];
	int status;

	if (q->num_devices == KF_RELEASE_DEVICES_MAX) {
		kf_say(given->value, "is one device too many", "16 at most");
		return KF_EXIT_USAGE;
	}
	status = kf_ask_one(device, q->arguments, given, q->crypto, q->at_s);
	if (status != KF_EXIT_FITS)
		return status;
	q->num_devices++;
	return kf_ask_judged(device);
}

static int open_devices(struct kf_releasing *q)
{
	const struct kf_arguments *all = q->arguments;
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < all->num_given && status == KF_EXIT_FITS; i++)
		if (strcmp(all->given[i].option->name, "device") == 0)
			status = open_device(q, &all->given[i]);
	if (status == KF_EXIT_FITS && q->num_devices == 0 &&
	    kf_argument(all, "trust"))
		status = open_device(q, NULL);
	return status;
}

static int open_fleet(struct kf_releasing *q)
{
	struct kf_fleet_choice choice = kf_ask_choice(q->arguments);
	struct kf_fault why = { 0 };
	enum kf_status read;
	int status;

	if (!kf_argument(q->arguments, "fleet"))
		return KF_EXIT_FITS;
	status = kf_ask_fleet(&q->fleet, q->arguments, KF_DB_READ, q->crypto);
	if (status != KF_EXIT_FITS)
		return status;
	read = kf_fleet_look(q->fleet, &why);
	if (read == KF_OK)
		read = kf_fleet_classes(q->fleet, &q->class, &q->num_classes,
					&choice, &why);
	if (read != KF_OK)
		return kf_say_failure("--fleet", read, &why);
	if (q->num_classes)
		return KF_EXIT_FITS;
	kf_say("--fleet", "has no such devices, and nothing is known to fit",
	       NULL);
	return KF_EXIT_UNKNOWN;
}

/* name_device starts what is told of one device. */
static enum kf_status name_device(struct kf_releasing *q,
				  const struct kf_device *device,
				  struct kf_fault *why)
{
	struct kf_release_fit *fit = kf_release_fit_add(&q->release);

	if (!fit)
		return KF_NO_MEMORY;
	fit->devices = 1;
	fit->num_names = 1;
	snprintf(fit->name[0], sizeof(fit->name[0]), "%s", device->name);
	return kf_stored_digest(&fit->class, device, q->crypto, why);
}

static void take_name(void *self, struct kf_bytes name)
{
	struct kf_release_fit *fit = self;

	if (fit->num_names < KF_RELEASE_NAMES_MAX)
		snprintf(fit->name[fit->num_names++], sizeof(fit->name[0]),
			 "%.*s", (int)name.len, (const char *)name.data);
}

/* name_class starts what is told of one class. */
static enum kf_status name_class(struct kf_releasing *q,
				 const struct kf_fleet_class *class,
				 struct kf_fault *why)
{
	struct kf_fleet_choice choice = kf_ask_choice(q->arguments);
	struct kf_release_fit *fit = kf_release_fit_add(&q->release);

	if (!fit)
		return KF_NO_MEMORY;
	fit->devices = class->devices;
	memcpy(fit->class.bytes, class->digest, sizeof(class->digest));
	fit->class.len = sizeof(class->digest);
	return kf_fleet_names(q->fleet, class->id, &choice,
			      KF_RELEASE_NAMES_MAX, take_name, fit, why);
}

static int name_all(struct kf_releasing *q)
{
	struct kf_fault why = { 0 };
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < q->num_devices && status == KF_OK; i++)
		status = name_device(q, &q->device[i], &why);
	for (size_t i = 0; i < q->num_classes && status == KF_OK; i++)
		status = name_class(q, &q->class[i], &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(NULL, status, &why);
}

/* note_no keeps that a file does not fit, or may not. */
static void note_no(struct asking *a, const char *rules, const char *why,
		    bool refused)
{
	struct kf_release_fit *fit = fit_of(a);
	struct kf_output text = { 0 };

	kf_output_print(&text, "%s%s%s%s: %s", a->device->name,
			rules ? " (" : "", rules ? rules : "",
			rules ? ")" : "", why);
	kf_output_add(&text, "", 1);
	fit->refused |= refused;
	fit->unknown |= !refused;
	if (text.failed)
		a->q->fault = true;
	kf_release_note(a->q, refused ? KF_RELEASE_UNFIT : KF_RELEASE_UNKNOWN,
			a->path, text.failed ? NULL : text.data);
	kf_output_close(&text);
}

/* note_answer keeps what one verifier answers. */
static void note_answer(struct asking *a, const struct kf_artifact *artifact,
			const struct kf_device_verifier *verifier,
			const struct kf_verdict *verdict)
{
	struct kf_output words = { 0 };
	struct kf_pair pair = {
		.path = a->path,
		.artifact = artifact,
		.device = a->device,
		.verifier = verifier,
		.verdict = verdict,
		.at_s = a->q->at_s,
		.env = &a->q->work.env,
	};

	if (verdict->answer == KF_ACCEPT) {
		fit_of(a)->not_enforced |= verdict->not_enforced;
		return;
	}
	kf_words_why(&words, &pair);
	kf_output_add(&words, "", 1);
	a->q->fault |= words.failed;
	note_no(a, verifier->rules->name, words.failed ? "" : words.data,
		verdict->answer == KF_REJECT);
	kf_output_close(&words);
}

/* note_rules keeps whose rules were asked. */
static void note_rules(struct kf_release_fit *fit, const char *rules)
{
	for (size_t i = 0; i < fit->num_rules; i++)
		if (strcmp(fit->rules[i], rules) == 0)
			return;
	if (fit->num_rules < KF_RELEASE_RULES_MAX)
		fit->rules[fit->num_rules++] = rules;
}

static void judge(struct asking *a, struct kf_artifact *artifact,
		  const struct kf_device_verifier *verifier)
{
	static struct kf_verdict verdict;
	struct kf_releasing *q = a->q;
	enum kf_status status;

	memset(&verdict, 0, sizeof(verdict));
	kf_artifact_prepare(artifact, verifier->rules, &q->work.env);
	status = kf_check(&verdict, artifact, &verifier->store,
			  verifier->rules, &q->work.env);
	fit_of(a)->asked[a->file] = true;
	note_rules(fit_of(a), verifier->rules->name);
	if (status == KF_OK) {
		note_answer(a, artifact, verifier, &verdict);
		return;
	}
	q->fault = true;
	kf_say(a->path, kf_status_text(status), NULL);
}

static void ask(struct asking *a, struct kf_artifact *artifact);

static void take_inner(void *self, const char *path,
		       const struct kf_source *source,
		       const struct kf_format *format)
{
	struct asking inner = *(struct asking *)self;
	struct kf_work *work = &inner.q->work;
	size_t used = work->arena.used;
	struct kf_artifact artifact;

	inner.path = path;
	inner.inside = true;
	kf_work_more(work, source->size);
	kf_artifact_read(&artifact, format, source, &work->env);
	ask(&inner, &artifact);
	kf_artifact_close(&artifact, &work->env);
	work->arena.used = used;
}

/* look_inside asks about what the file carries for other verifiers. What cannot
 * be looked into is not known to fit. */
static void look_inside(struct asking *a, const struct kf_artifact *artifact)
{
	struct kf_inside_found found = { 0 };
	struct kf_contents contents = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (a->inside || artifact->status != KF_OK ||
	    !kf_inside_matters(a->device, artifact->format))
		return;
	artifact->format->contents(artifact, &contents);
	status = kf_inside(&found, a->device, &contents, artifact->source,
			   a->path, take_inner, a, &why);
	if (status == KF_OK && !found.unsearched.what[0])
		return;
	if (status != KF_OK && status != KF_CANNOT_READ) {
		a->q->fault = true;
		kf_say(a->path, why.what[0] ? why.what
		       : kf_status_text(status), NULL);
	}
	note_no(a, NULL, status == KF_OK ? found.unsearched.what : why.what,
		false);
}

/* ask asks one device about one file, where it has a verifier for it. */
static void ask(struct asking *a, struct kf_artifact *artifact)
{
	const struct kf_device *device = a->device;

	if (!kf_inside_takes(device, artifact->format))
		return;
	kf_work_more(&a->q->work, artifact->source->size);
	for (size_t i = 0; i < device->num_verifiers; i++)
		if (kf_verifier_takes(device->verifier[i].rules->verifier,
				      artifact->format))
			judge(a, artifact, &device->verifier[i]);
	look_inside(a, artifact);
}

/* ask_class asks the devices of one class, which answer alike. */
static enum kf_status ask_class(const struct asking *a, size_t class,
				struct kf_artifact *artifact,
				struct kf_fault *why)
{
	const struct kf_fleet_class *c = &a->q->class[class];
	struct asking one = *a;
	struct kf_device device = { 0 };
	char name[KF_CLASS_NAME_LEN];
	enum kf_status status;

	kf_class_name(name, c);
	status = kf_fleet_class_open(a->q->fleet, &device, c->id, name, NULL,
				     a->q->at_s, why);
	one.device = &device;
	if (status == KF_OK)
		ask(&one, artifact);
	kf_device_close(&device);
	return status;
}

/* ask_all asks all about one file that was opened. */
static enum kf_status ask_all(struct kf_releasing *q, size_t file,
			      const struct kf_source *source,
			      struct kf_fault *why)
{
	struct asking a = { .q = q, .file = file,
			    .path = q->release.file[file].path };
	size_t len = source->size < HEAD_LEN ? (size_t)source->size : HEAD_LEN;
	struct kf_artifact artifact;
	const struct kf_format *format;
	enum kf_status status = KF_OK;
	uint8_t head[HEAD_LEN];

	if (len && !source->read_at(source->self, 0, head, len))
		return KF_CANNOT_READ;
	format = kf_format_of(kf_view(head, len), source);
	if (!format)
		return KF_OK;
	kf_work_again(&q->work, source->size);
	kf_artifact_read(&artifact, format, source, &q->work.env);
	for (size_t i = 0; i < q->num_devices; i++, a.fit++) {
		a.device = &q->device[i];
		ask(&a, &artifact);
	}
	for (size_t i = 0; i < q->num_classes && status == KF_OK;
	     i++, a.fit++)
		status = ask_class(&a, i, &artifact, why);
	kf_artifact_close(&artifact, &q->work.env);
	return status;
}

/* ask_file opens a file again: it has to be what was read before. */
static int ask_file(struct kf_releasing *q, size_t n)
{
	const struct kf_release_file *f = &q->release.file[n];
	char *path = kf_release_path(q->folder, f->path);
	struct kf_file file = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status = path ? kf_file_open(&file, path, &why)
				     : KF_NO_MEMORY;

	if (status == KF_OK)
		status = ask_all(q, n, &file.source, &why);
	if (status == KF_OK && (file.changed_s != f->changed_s ||
				file.changed_ns != f->changed_ns ||
				file.source.size != f->len ||
				!kf_file_same(&file))) {
		kf_fault_say(&why, "a release is made when nobody writes to it",
			     "changed while it was read");
		status = KF_CANNOT_READ;
	}
	kf_file_close(&file);
	free(path);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(f->path, status, &why);
}

/* note_unasked notes who takes nothing of the release. */
static void note_unasked(struct kf_releasing *q)
{
	for (size_t i = 0; i < q->release.num_fits; i++) {
		const struct kf_release_fit *fit = &q->release.fit[i];
		char more[sizeof(fit->name[0]) + 48];
		bool asked = false;

		for (size_t k = 0; k < q->release.num; k++)
			asked |= fit->asked[k];
		if (asked)
			continue;
		snprintf(more, sizeof(more), "%s has no verifier for any file of it",
			 fit->num_names ? fit->name[0] : "a class");
		kf_release_note(q, KF_RELEASE_UNKNOWN, "the release", more);
	}
}

int kf_release_fits(struct kf_releasing *q)
{
	int status = open_devices(q);

	if (status == KF_EXIT_FITS)
		status = open_fleet(q);
	if (status == KF_EXIT_FITS)
		status = name_all(q);
	for (size_t i = 0; i < q->release.num && status == KF_EXIT_FITS &&
	     q->release.num_fits; i++)
		status = ask_file(q, i);
	if (status == KF_EXIT_FITS)
		note_unasked(q);
	return status;
}
