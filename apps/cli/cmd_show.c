/* keyfit show: what is in a firmware file, a trust store or a device.
 *
 * Formats and kinds of store describe themselves; nothing is judged.
 */
#include "describe.h"
#include "options.h"
#include "say.h"

#include "core/siglist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	HEAD_LEN = 4096,
	STORE_MAX = 64 << 20,	/* as large as a flash image may be */
};

/* request is one file that is being shown. */
struct request {
	const char *path;
	const struct kf_crypto *crypto;
	struct kf_work *work;
	struct kf_output *out;
	bool as_json;
	bool says_path;		/* `why` names the path */
	struct kf_json json;
	struct kf_describe describe;
	struct kf_fault why;
};

static const struct kf_option options[] = {
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a line" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit show shimx64.efi",
	"keyfit show OVMF_VARS_4M.ms.fd",
	"keyfit show db.esl --json",
	NULL,
};

/* start writes what a file is. `role` is "format", "store" or "device". */
static struct kf_sink start(struct request *r, const char *role,
			    const char *name, const char *title)
{
	r->json = (struct kf_json){ .out = r->out };
	r->describe = (struct kf_describe){
		.out = r->out,
		.json = r->as_json ? &r->json : NULL,
		.depth = 1,
	};
	if (r->as_json) {
		kf_json_open(&r->json, NULL, '{');
		kf_json_text(&r->json, "file", r->path);
		kf_json_text(&r->json, role, name);
		kf_json_open(&r->json, "description", '{');
	} else {
		kf_output_shown(r->out, kf_text(r->path));
		kf_output_print(r->out, ": %s\n", title);
	}
	return kf_describe_sink(&r->describe);
}

/* finish ends what start began. Fails: KF_NO_MEMORY. */
static enum kf_status finish(struct request *r)
{
	while (r->json.depth)
		kf_json_close(&r->json);
	if (r->as_json)
		kf_output_text(r->out, "\n");
	if (!r->describe.fault)
		return KF_OK;
	kf_fault_say(&r->why, NULL, "cannot be described whole: see \"fault\" in its description");
	return KF_NO_MEMORY;
}

/* show_artifact shows a firmware file. Fails: as reading it does. */
static enum kf_status show_artifact(struct request *r,
				    const struct kf_format *format,
				    const struct kf_source *source)
{
	struct kf_artifact artifact;
	enum kf_status status;
	struct kf_sink sink;

	kf_artifact_read(&artifact, format, source, &r->work->env);
	status = artifact.status;
	if (status == KF_OK) {
		sink = start(r, "format", format->name, format->title);
		format->describe(&artifact, &r->work->env, &sink);
		status = finish(r);
	}
	kf_artifact_close(&artifact, &r->work->env);
	return status;
}

static enum kf_status show_store(struct request *r,
				 const struct kf_store_kind *kind,
				 struct kf_bytes file)
{
	static struct kf_store store;
	struct kf_sink sink;

	kf_store_read(&store, kind, file, &r->work->env);
	if (store.status != KF_OK)
		return store.status;
	sink = start(r, "store", kind->name, kind->title);
	kind->describe(&store, file, &r->work->env, &sink);
	return finish(r);
}

/* fact gives one text of a device. */
static void fact(const struct kf_sink *sink, enum kf_fact_kind kind,
		 const char *name, const char *text)
{
	struct kf_fact f = { .kind = kind, .name = name };

	if (text)
		f.bytes = kf_text(text);
	sink->fact(sink->self, &f);
}

static void show_part(const struct kf_part *part, struct kf_env *env,
		      const struct kf_sink *sink)
{
	static const char *const words[] = {
		[KF_UNKNOWN] = "unknown",
		[KF_ABSENT] = "absent",
		[KF_PRESENT] = "present",
	};

	fact(sink, KF_FACT_OPEN, part->name, NULL);
	fact(sink, KF_FACT_TEXT, "presence", words[part->presence]);
	if (part->from)
		fact(sink, KF_FACT_TEXT, "from", part->from);
	if (part->presence == KF_PRESENT && kf_siglist_likely(part->bytes))
		kf_siglist_describe(part->bytes, 0, env, sink);
	else if (part->presence == KF_PRESENT)
		sink->fact(sink->self, &(struct kf_fact){
			.kind = KF_FACT_BYTES, .name = "data",
			.bytes = part->bytes });
	fact(sink, KF_FACT_CLOSE, NULL, NULL);
}

static void show_verifier(const struct kf_device_verifier *v,
			  struct kf_env *env, const struct kf_sink *sink)
{
	fact(sink, KF_FACT_OPEN, NULL, NULL);
	fact(sink, KF_FACT_TEXT, "stage", v->stage);
	fact(sink, KF_FACT_TEXT, "rules", v->rules->name);
	fact(sink, KF_FACT_TEXT, "complete", v->store.complete ? "yes" : "no");
	fact(sink, KF_FACT_OPEN, "settings", NULL);
	for (size_t i = 0; i < v->store.num_settings; i++) {
		fact(sink, KF_FACT_OPEN, NULL, NULL);
		fact(sink, KF_FACT_TEXT, "name", v->store.setting[i].name);
		fact(sink, KF_FACT_TEXT, "value", v->store.setting[i].value);
		fact(sink, KF_FACT_CLOSE, NULL, NULL);
	}
	fact(sink, KF_FACT_CLOSE, NULL, NULL);
	fact(sink, KF_FACT_OPEN, "parts", NULL);
	for (size_t i = 0; i < v->store.num_parts; i++)
		show_part(&v->store.part[i], env, sink);
	fact(sink, KF_FACT_CLOSE, NULL, NULL);
	fact(sink, KF_FACT_CLOSE, NULL, NULL);
}

/* show_device shows what is no single file: a folder of variables, a
 * profile. Fails: KF_WRONG_USE when it is no device either. */
static enum kf_status show_device(struct request *r)
{
	struct kf_ask ask = { .device = r->path };
	struct kf_device device;
	enum kf_status status = kf_device_open(&device, &ask, r->crypto,
					       kf_now_s(), &r->why);
	struct kf_sink sink;

	/* What is wrong with a device names the file. */
	r->says_path = true;
	if (status != KF_OK)
		return status;
	if (device.unread.what[0])
		kf_say_fault(NULL, &device.unread);
	sink = start(r, "device", device.name, "a device");
	fact(&sink, KF_FACT_OPEN, "verifiers", NULL);
	for (size_t i = 0; i < device.num_verifiers; i++)
		show_verifier(&device.verifier[i], &r->work->env, &sink);
	fact(&sink, KF_FACT_CLOSE, NULL, NULL);
	r->says_path = false;
	status = finish(r);
	kf_device_close(&device);
	return status;
}

/* no_kind says what keyfit would have known. */
static enum kf_status no_kind(struct request *r)
{
	char hint[sizeof(r->why.hint)] = "keyfit knows ";
	size_t len = strlen(hint);
	const struct kf_format *format;
	const struct kf_store_kind *kind;
	struct kf_fault why = { 0 };

	for (size_t i = 0; (format = kf_format_at(i)); i++)
		len += (size_t)snprintf(hint + len, sizeof(hint) - len,
					"%s, ", format->name);
	for (size_t i = 0; (kind = kf_store_kind_at(i)); i++)
		if (len + strlen(kind->name) + 32 < sizeof(hint))
			len += (size_t)snprintf(hint + len,
						sizeof(hint) - len, "%s, ",
						kind->name);
	snprintf(hint + len, sizeof(hint) - len, "folders and profiles");
	kf_fault_say(&why, hint, "is no firmware file and no trust store that keyfit knows");
	r->why = why;
	return KF_CANNOT_READ;
}

static enum kf_status show_bytes(struct request *r, struct kf_bytes file)
{
	const struct kf_store_kind *kind = kf_store_kind_of(file);

	if (kind)
		return show_store(r, kind, file);
	if (file.len && file.data[0] == '{')
		return show_device(r);
	return no_kind(r);
}

/* show_other shows what is no firmware file: a store, else a device. */
static enum kf_status show_other(struct request *r,
				 const struct kf_source *source)
{
	size_t len = (size_t)source->size;
	enum kf_status status = KF_NO_MEMORY;
	uint8_t *memory;

	if (source->size > STORE_MAX)
		return no_kind(r);
	memory = malloc(len + 1);
	if (memory)
		status = len && !source->read_at(source->self, 0, memory, len)
			? KF_CANNOT_READ : show_bytes(r, kf_view(memory, len));
	free(memory);
	return status;
}

static enum kf_status show_file(struct request *r)
{
	struct kf_file file = { 0 };
	uint8_t head[HEAD_LEN];
	size_t len = sizeof(head);
	const struct kf_format *format;
	enum kf_status status = kf_file_open(&file, r->path, &r->why);

	if (status != KF_OK)
		return status;
	if (file.source.size < len)
		len = (size_t)file.source.size;
	kf_work_again(r->work, file.source.size);
	if (len && !file.source.read_at(file.source.self, 0, head, len)) {
		kf_file_close(&file);
		return KF_CANNOT_READ;
	}
	format = kf_format_of(kf_view(head, len), &file.source);
	status = format ? show_artifact(r, format, &file.source)
			: show_other(r, &file.source);
	kf_file_close(&file);
	return status;
}

/* show shows one operand. Returns the exit status. */
static int show(struct request *r)
{
	struct kf_fault none = { 0 };
	enum kf_status status;
	struct stat st;

	r->why = none;
	r->says_path = false;
	if (stat(r->path, &st) == 0 && S_ISDIR(st.st_mode))
		status = show_device(r);
	else
		status = show_file(r);
	if (status == KF_OK)
		return KF_EXIT_FITS;
	if (!r->why.what[0])
		kf_fault_say(&r->why, NULL, "%s", kf_status_text(status));
	kf_say_fault(r->says_path ? NULL : r->path, &r->why);
	return KF_EXIT_FAULT;
}

/* show_all shows every file, also behind one that cannot be shown. */
static int show_all(struct request *r, const struct kf_arguments *arguments)
{
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < arguments->num_operands; i++) {
		struct kf_fault why = { 0 };

		r->path = arguments->operand[i];
		if (show(r) != KF_EXIT_FITS)
			status = KF_EXIT_FAULT;
		if (kf_output_flush(r->out, STDOUT_FILENO, &why) == KF_OK)
			continue;
		kf_say_fault("stdout", &why);
		return KF_EXIT_FAULT;
	}
	return status;
}

static int run(const struct kf_arguments *arguments)
{
	struct kf_fault why = { 0 };
	struct kf_work work = { 0 };
	struct kf_output out = { 0 };
	struct request r = {
		.work = &work,
		.out = &out,
		.as_json = kf_argument(arguments, "json"),
	};
	int status = KF_EXIT_FAULT;

	if (arguments->num_operands == 0) {
		kf_say(NULL, "no file", "usage: keyfit show FILE...");
		return KF_EXIT_USAGE;
	}
	r.crypto = kf_openssl_open(&why);
	if (r.crypto && kf_work_open(&work, KF_ARENA_LEN, r.crypto,
				     kf_now_s(), &why) == KF_OK)
		status = show_all(&r, arguments);
	else
		kf_say_fault(NULL, &why);
	kf_output_close(&out);
	kf_work_close(&work);
	kf_openssl_close(r.crypto);
	return status;
}

const struct kf_command kf_cmd_show = {
	.operands = "FILE...",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
