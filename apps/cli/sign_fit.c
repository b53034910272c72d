/* Asks the devices that a file must fit: about the signer, before the key is
 * touched; about the file as it would be, before the key signs; and about the
 * signed file, before it has its name.
 */
#include "sign.h"

#include "ask.h"
#include "fleet_ask.h"
#include "inside.h"
#include "say.h"
#include "words.h"

#include "analysis/signatures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_LEN = 4096 };

/* asking is one file before one device. */
struct asking {
	struct kf_sign_run *s;
	const struct kf_device *device;
	const char *path;	/* inside; NULL: the file itself */
	enum kf_sign_stage stage;
	bool of_fleet;
	bool refused;		/* by a verifier, or not known to be taken */
};

/* add_words adds what the command line has left to be understood: the device,
 * and of an update of a variable which rules and which variable. */
static const char *add_words(struct kf_arguments *out,
			     const struct kf_sign_run *s, const char *device,
			     char *variable, size_t size)
{
	static const struct kf_option set = {
		"set", KF_VALUE_SETTING, "NAME=VALUE", true, NULL,
	};
	static const struct kf_option device_option = {
		"device", KF_VALUE_FILE, "DEVICE", false, NULL,
	};
	const char *rules = kf_argument(s->arguments, "rules");

	if (device)
		out->given[out->num_given++] = (struct kf_given){
			&device_option, device };
	if (!s->maker->takes_variable)
		return rules;
	snprintf(variable, size, "variable=%s", s->ask.variable);
	out->given[out->num_given++] = (struct kf_given){ &set, variable };
	out->given[out->num_given++] = (struct kf_given){
		&set, s->ask.append ? "attributes=0x67" : "attributes=0x27" };
	return rules ? rules : "edk2-variable";
}

/* open_device opens one, by its name or by --trust alone. */
static int open_device(struct kf_sign_run *s, const char *name)
{
	struct kf_arguments one = *s->arguments;
	struct kf_device *device = &s->device[s->num_devices];
	struct kf_fault none = { 0 };
	const char *rules;
	char variable[64];
	int64_t at_s = kf_now_s();
	int status;

	if (s->num_devices == KF_SIGN_DEVICES_MAX) {
		kf_say(name, "is one device too many", "16 at most");
		return KF_EXIT_USAGE;
	}
	one.given = calloc(one.num_given + 3, sizeof(*one.given));
	if (!one.given)
		return kf_say_failure(NULL, KF_NO_MEMORY, &none);
	memcpy(one.given, s->arguments->given,
	       one.num_given * sizeof(*one.given));
	rules = add_words(&one, s, name, variable, sizeof(variable));
	status = kf_ask_device(device, &one, rules, s->crypto, at_s);
	free(one.given);
	if (status != KF_EXIT_FITS)
		return status;
	s->num_devices++;
	return kf_ask_judged(device);
}

/* is_fleet tells whether a name is that of a fleet: a server's, or a file of
 * SQLite. */
static bool is_fleet(const char *name)
{
	static const char magic[] = "SQLite format 3";
	struct kf_fault why = { 0 };
	struct kf_file file = { 0 };
	char head[sizeof(magic)];
	bool yes;

	if (kf_db_is_url(name))
		return true;
	if (kf_file_open(&file, name, &why) != KF_OK)
		return false;
	yes = file.source.size >= sizeof(head) &&
	      file.source.read_at(file.source.self, 0, head, sizeof(head)) &&
	      memcmp(head, magic, sizeof(head)) == 0;
	kf_file_close(&file);
	return yes;
}

static int open_fleet(struct kf_sign_run *s, const char *name)
{
	struct kf_fleet **fleet = &s->fleet[s->num_fleets];
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (s->num_fleets == KF_SIGN_FLEETS_MAX) {
		kf_say(name, "is one fleet too many", "4 at most");
		return KF_EXIT_USAGE;
	}
	if (kf_argument(s->arguments, "trust") ||
	    kf_argument(s->arguments, "set") ||
	    kf_argument(s->arguments, "rules")) {
		kf_say(name, "is a fleet: --trust, --set and --rules do not go with it",
		       "its devices have their own");
		return KF_EXIT_USAGE;
	}
	s->fleet_name[s->num_fleets++] = name;
	status = kf_fleet_open(fleet, name, KF_DB_READ, s->crypto, &why);
	if (status == KF_OK)
		status = kf_fleet_look(*fleet, &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure("--must-fit", status, &why);
}

int kf_sign_devices(struct kf_sign_run *s)
{
	const struct kf_arguments *a = s->arguments;
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < a->num_given && status == KF_EXIT_FITS; i++)
		if (strcmp(a->given[i].option->name, "must-fit") == 0)
			status = is_fleet(a->given[i].value)
				? open_fleet(s, a->given[i].value)
				: open_device(s, a->given[i].value);
	if (status == KF_EXIT_FITS && !s->num_devices && !s->num_fleets &&
	    kf_argument(a, "trust"))
		status = open_device(s, NULL);
	return status;
}

/* note keeps an answer for who reads it. */
static void note(struct asking *a, const struct kf_device_verifier *verifier,
		 const struct kf_artifact *artifact,
		 const struct kf_verdict *verdict)
{
	struct kf_sign_run *s = a->s;
	struct kf_sign_fit *f = &s->fit[s->num_fits];
	struct kf_output words = { 0 };
	struct kf_pair pair = {
		.path = a->path ? a->path : s->path,
		.artifact = artifact,
		.device = a->device,
		.verifier = verifier,
		.verdict = verdict,
		.at_s = s->check.env.now_s,
		.env = &s->check.env,
	};

	/* A signer that is not known to fit may, with the whole file. */
	if (a->stage != KF_SIGN_SIGNER || verdict->answer == KF_REJECT ||
	    s->maker->supposes == KF_SUPPOSE_FILE)
		s->seen[verdict->answer] = true;
	if (verdict->answer != KF_ACCEPT)
		a->refused = true;
	/* Of a fleet, those that do not take it are told; of many, some. */
	if (s->num_fits == KF_SIGN_FITS_MAX ||
	    (a->of_fleet && verdict->answer == KF_ACCEPT))
		return;
	s->num_fits++;
	snprintf(f->device, sizeof(f->device), "%s", a->device->name);
	f->rules = verifier->rules->name;
	f->answer = verdict->answer;
	f->stage = a->stage;
	snprintf(f->path, sizeof(f->path), "%s", a->path ? a->path : "");
	kf_words_why(&words, &pair);
	kf_output_add(&words, "", 1);
	snprintf(f->why, sizeof(f->why), "%s", words.failed ? "" : words.data);
	kf_output_close(&words);
	snprintf(f->reason, sizeof(f->reason), "%s", verdict->why.reason
		 ? verdict->why.reason->slug : "");
}

static void judge(struct asking *a, struct kf_artifact *artifact,
		  const struct kf_device_verifier *verifier)
{
	static struct kf_verdict verdict;
	struct kf_sign_run *s = a->s;
	struct kf_fault why = { 0 };
	enum kf_status status;

	memset(&verdict, 0, sizeof(verdict));
	kf_artifact_prepare(artifact, verifier->rules, &s->check.env);
	status = kf_check(&verdict, artifact, &verifier->store,
			  verifier->rules, &s->check.env);
	if (status == KF_OK) {
		note(a, verifier, artifact, &verdict);
		return;
	}
	s->failed = true;
	a->refused = true;
	kf_fault_say(&why, NULL, "%s", kf_status_text(status));
	kf_say_fault(a->device->name, &why);
}

static void ask_one(struct asking *a, const struct kf_source *source,
		    const struct kf_format *format);

static void take_inner(void *self, const char *path,
		       const struct kf_source *source,
		       const struct kf_format *format)
{
	struct asking inner = *(struct asking *)self;
	size_t used = inner.s->check.arena.used;

	inner.path = path;
	kf_work_more(&inner.s->check, source->size);
	ask_one(&inner, source, format);
	((struct asking *)self)->refused |= inner.refused;
	inner.s->check.arena.used = used;
}

/* look_inside asks about what the file carries for other verifiers. What cannot
 * be looked into is not known to fit. */
static void look_inside(struct asking *a, const struct kf_artifact *artifact)
{
	struct kf_inside_found found = { 0 };
	struct kf_contents contents = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (a->path || !artifact->source || artifact->status != KF_OK ||
	    !kf_inside_takes(a->device, artifact->format) ||
	    !kf_inside_matters(a->device, artifact->format))
		return;
	artifact->format->contents(artifact, &contents);
	status = kf_inside(&found, a->device, &contents, artifact->source,
			   a->s->path, take_inner, a, &why);
	if (status == KF_OK && !found.unsearched.what[0])
		return;
	if (status != KF_OK && status != KF_CANNOT_READ)
		a->s->failed = true;
	a->s->seen[KF_UNDECIDED] = true;
	a->refused = true;
	kf_say(a->device->name, "what is in the file cannot be judged: the device's other verifiers are not asked",
	       status == KF_OK ? found.unsearched.what : why.what);
}

static void ask_one(struct asking *a, const struct kf_source *source,
		    const struct kf_format *format)
{
	struct kf_sign_run *s = a->s;
	struct kf_artifact artifact;
	bool made_for = kf_inside_takes(a->device, format);

	kf_artifact_read(&artifact, format, source, &s->check.env);
	if (a->stage == KF_SIGN_SIGNER) {
		artifact.suppose = s->making.certificate;
		artifact.num_suppose = s->making.num_certificates;
	}
	for (size_t i = 0; i < a->device->num_verifiers; i++)
		if (!made_for ||
		    kf_verifier_takes(a->device->verifier[i].rules->verifier,
				      format))
			judge(a, &artifact, &a->device->verifier[i]);
	if (a->stage != KF_SIGN_SIGNER)
		look_inside(a, &artifact);
	kf_artifact_close(&artifact, &s->check.env);
}

static int conclude(const struct kf_sign_run *s)
{
	return s->failed ? KF_EXIT_FAULT : s->seen[KF_REJECT] ? KF_EXIT_NOT :
	       s->seen[KF_UNDECIDED] ? KF_EXIT_UNKNOWN : KF_EXIT_FITS;
}

/* question is one source, or none, that all are asked about. */
struct question {
	const struct kf_source *source;
	const struct kf_format *format;
	enum kf_sign_stage stage;
};

/* ask_device asks one device. Returns whether it takes what it was asked. */
static bool ask_device(struct kf_sign_run *s, const struct question *q,
		       const struct kf_device *device, bool of_fleet)
{
	struct asking a = { .s = s, .device = device, .stage = q->stage,
			    .of_fleet = of_fleet };

	kf_work_again(&s->check, q->source ? q->source->size : 0);
	ask_one(&a, q->source, q->format);
	return !a.refused;
}

/* ask_class asks the devices of one class, which answer alike. */
static enum kf_status ask_class(struct kf_sign_run *s,
				const struct question *q, size_t fleet,
				const struct kf_fleet_class *class,
				struct kf_fault *why)
{
	struct kf_device device = { 0 };
	char name[KF_CLASS_NAME_LEN];
	enum kf_status status;

	kf_class_name(name, class);
	status = kf_fleet_class_open(s->fleet[fleet], &device, class->id, name,
				     NULL, s->check.env.now_s, why);
	if (status == KF_OK && !device.num_verifiers) {
		kf_say(name, "keyfit knows no verifier of these devices", NULL);
		s->failed = true;
	} else if (status == KF_OK && ask_device(s, q, &device, true) &&
		   q->stage == (s->ask.dry ? KF_SIGN_SUPPOSED
					   : KF_SIGN_MADE)) {
		s->fleet_classes++;
		s->fleet_devices += class->devices;
	}
	kf_device_close(&device);
	return status;
}

static void ask_fleet(struct kf_sign_run *s, const struct question *q,
		      size_t fleet)
{
	struct kf_fleet_choice any = { 0 };
	struct kf_fleet_class *class = NULL;
	struct kf_fault why = { 0 };
	size_t num = 0;
	enum kf_status status = kf_fleet_classes(s->fleet[fleet], &class, &num,
						 &any, &why);

	if (status == KF_OK && !num) {
		kf_say("--must-fit", "the fleet has no devices, and nothing is known to fit",
		       NULL);
		s->seen[KF_UNDECIDED] = true;
	}
	for (size_t i = 0; i < num && status == KF_OK; i++)
		status = ask_class(s, q, fleet, &class[i], &why);
	free(class);
	if (status == KF_OK)
		return;
	s->failed = true;
	kf_say_fault("--must-fit", &why);
}

/* ask_all asks each device and each class about a source, or about none. */
static int ask_all(struct kf_sign_run *s, const struct kf_source *source,
		   enum kf_sign_stage stage)
{
	struct question q = { source, NULL, stage };
	struct kf_fault none = { 0 };
	uint8_t head[HEAD_LEN];
	size_t len = source && source->size < sizeof(head)
		? (size_t)source->size : sizeof(head);

	if (source && len && !source->read_at(source->self, 0, head, len))
		return kf_say_failure(s->path, KF_CANNOT_READ, &none);
	if (source)
		q.format = kf_format_of(kf_view(head, len), source);
	for (size_t i = 0; i < s->num_devices; i++)
		(void)ask_device(s, &q, &s->device[i], false);
	for (size_t i = 0; i < s->num_fleets; i++)
		ask_fleet(s, &q, i);
	return conclude(s);
}

/* is_signed tells of a signature that stays: a device may take the file for it,
 * whoever signs beside it. */
static bool is_signed(struct kf_sign_run *s)
{
	struct kf_signatures *file = kf_arena_take(&s->work.arena,
						   sizeof(*file));

	return file && s->maker->supposes == KF_SUPPOSE_FILE &&
	       kf_signatures_read(file, &s->copy.source, &s->work.env) ==
	       KF_OK && file->num;
}

int kf_sign_may(struct kf_sign_run *s)
{
	const struct kf_source *source = &s->copy.source;

	if (!(s->num_devices + s->num_fleets) ||
	    !s->making.num_certificates ||
	    !s->maker->supposes || is_signed(s))
		return KF_EXIT_FITS;
	return ask_all(s, s->maker->supposes == KF_SUPPOSE_FILE ? source
								: NULL,
		       KF_SIGN_SIGNER);
}

int kf_sign_fits(struct kf_sign_run *s, const struct kf_source *made,
		 enum kf_sign_stage stage)
{
	return s->num_devices + s->num_fleets ? ask_all(s, made, stage)
					      : KF_EXIT_FITS;
}
