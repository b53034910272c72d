/* keyfit ledger init, append: what writes to a log.
 */
#include "ledger.h"
#include "say.h"

#include "jobs/sign/sign.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_S = 30, STATEMENTS_MAX = 256, FILE_MAX = 1 << 20 };

/* open_key opens a private key that signs. */
static int open_key(struct kf_signing_key *out, struct kf_ledger *l,
		    const char *name)
{
	const struct kf_signing_ask ask = {
		.name = name,
		.pin_source = kf_argument(l->arguments, "pin-source"),
	};
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (!name) {
		kf_say(NULL, "with which key?", "--key KEY: a file, a pkcs11: URI or a tpm: name");
		return KF_EXIT_USAGE;
	}
	status = kf_signing_key_open_as(out, &ask, l->crypto, &l->work, &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure("key", status, &why);
}

int kf_ledger_init(struct kf_ledger *l)
{
	const char *name = kf_argument(l->arguments, "name");
	struct kf_signing_key key = { 0 };
	struct kf_tlog_signer signer;
	struct kf_fault why = { 0 };
	struct kf_bytes vkey;
	enum kf_status done;
	int status;

	if (!name) {
		kf_say(NULL, "what is the log called?",
		       "--name NAME, as example.com/firmware-log");
		return KF_EXIT_USAGE;
	}
	status = open_key(&key, l, kf_argument(l->arguments, "key"));
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_tlog_signer_of(&signer, &key, name, l->crypto, &why);
	if (done == KF_OK)
		done = kf_tlog_init(l->path, &signer, l->crypto, &why);
	kf_signing_key_close(&key);
	if (done != KF_OK)
		return kf_say_failure(l->path, done, &why);
	vkey = kf_note_key_write(&signer.note, &l->work.arena);
	kf_output_add(&l->out, (const char *)vkey.data, vkey.len);
	kf_output_text(&l->out, "\n");
	return KF_EXIT_FITS;
}

/* appending is what goes into the log, and how far it is. */
struct appending {
	struct kf_ledger *l;
	struct kf_signing_key log_key, statement_key;
	struct kf_signing_key *signs;	/* statements */
	struct kf_tlog_writer *writer;
	struct kf_bytes entry[STATEMENTS_MAX];
	uint64_t index[STATEMENTS_MAX];
	bool there[STATEMENTS_MAX];	/* already */
	size_t num;
};

/* keep copies an entry: the arena is used again. */
static int keep(struct appending *a, struct kf_bytes entry)
{
	uint8_t *copy = a->num < STATEMENTS_MAX ? malloc(entry.len + 1) : NULL;

	if (!copy) {
		kf_say(NULL, a->num < STATEMENTS_MAX ? "out of memory"
		       : "too many statements at once", NULL);
		return a->num < STATEMENTS_MAX ? KF_EXIT_FAULT
					       : KF_EXIT_USAGE;
	}
	memcpy(copy, entry.data, entry.len);
	a->entry[a->num++] = kf_view(copy, entry.len);
	return KF_EXIT_FITS;
}

/* sign_statement puts a statement into its envelope. */
static int sign_statement(struct appending *a, const char *subject,
			  struct kf_bytes statement)
{
	struct kf_fault why = { 0 };
	struct kf_bytes entry;
	enum kf_status status;

	status = kf_statement_sign(&entry, statement, a->signs,
				   &a->l->work.env, &why);
	return status == KF_OK ? keep(a, entry)
			       : kf_say_failure(subject, status, &why);
}

/* take_file takes a statement that is ready: in an envelope, or bare. */
static int take_file(struct appending *a, const char *path)
{
	struct kf_statement s = { 0 };
	struct kf_text_file file = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status done;
	int status;

	kf_work_again(&a->l->work, FILE_MAX);
	done = kf_text_file_read(&file, path, FILE_MAX, &why);
	if (done != KF_OK)
		return kf_say_failure(path, done, &why);
	done = kf_statement_read(&s, file.bytes, &a->l->work.env, &why);
	if (done == KF_OK)
		status = keep(a, file.bytes);
	else if (done == KF_WRONG_USE &&
		 memmem(file.bytes.data, file.bytes.len, KF_STATEMENT_TYPE,
			strlen(KF_STATEMENT_TYPE)))
		status = sign_statement(a, path, file.bytes);
	else
		status = kf_say_failure(path, done, &why);
	kf_statement_close(&s);
	kf_text_file_close(&file);
	return status;
}

/* make makes a statement out of the artifacts. */
static int make(struct appending *a)
{
	const struct kf_arguments *args = a->l->arguments;
	const char *counter = kf_argument(args, "counter"), *path = NULL;
	static struct kf_ledger_names signers;
	struct kf_key_use use = {
		.product = kf_argument(args, "product"),
		.version = kf_argument(args, "version"),
		.has_counter = counter,
		.made_s = kf_now_s(),
		.artifact = args->operand + 2,
		.num_artifacts = args->num_operands - 2,
		.signer = signers.name,
	};
	struct kf_output text = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status done;
	char *end = NULL;
	int status;

	if (!use.product || !use.version) {
		kf_say(NULL, "which product and version is it?",
		       "--product NAME --version TEXT");
		return KF_EXIT_USAGE;
	}
	use.counter = counter ? strtoull(counter, &end, 10) : 0;
	if (counter && (counter[0] < '0' || counter[0] > '9' || *end ||
			use.counter > INT64_MAX)) {
		kf_say(counter, "is no security counter", "a number from 0");
		return KF_EXIT_USAGE;
	}
	status = kf_ledger_keys(&signers, a->l, "signer");
	use.num_signers = signers.num;
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_key_use_write(&text, &path, &use, &a->l->work, &why);
	if (done == KF_OK && memmem(text.data, text.len, "\"signers\":[]", 12))
		kf_say(path, "does not tell who signed it, and so the entry will not",
		       "--signer FILE names a key or certificate");
	status = done == KF_OK
		? sign_statement(a, path, kf_view(text.data, text.len))
		: kf_say_failure(path, done, &why);
	kf_output_close(&text);
	return status;
}

/* compare_one holds an entry that is there against one that is to come. */
static enum kf_status compare_one(struct appending *a, size_t i,
				  const struct kf_statement *there,
				  uint64_t index)
{
	struct kf_fault ignored = { 0 };
	struct kf_statement s = { 0 };
	bool same = false;
	enum kf_status status;

	status = kf_statement_read(&s, a->entry[i], &a->l->work.env,
				   &ignored);
	if (status == KF_OK)
		status = kf_statement_same(&same, &s, there);
	if (same) {
		a->index[i] = index;
		a->there[i] = true;
	}
	kf_statement_close(&s);
	return status == KF_WRONG_USE ? KF_OK : status;
}

/* compare looks for an entry among those that are there already. What is no
 * statement is none of them. */
static enum kf_status compare(void *self, uint64_t index,
			      struct kf_bytes entry)
{
	struct appending *a = self;
	struct kf_fault ignored = { 0 };
	struct kf_statement there = { 0 };
	enum kf_status status;

	kf_work_again(&a->l->work, FILE_MAX);
	status = kf_statement_read(&there, entry, &a->l->work.env, &ignored);
	for (size_t i = 0; i < a->num && status == KF_OK; i++)
		status = compare_one(a, i, &there, index);
	kf_statement_close(&there);
	return status == KF_WRONG_USE ? KF_OK : status;
}

/* put appends what is not there yet, and publishes all. */
static enum kf_status put(struct appending *a, struct kf_fault *why)
{
	const struct kf_tlog_visitor visitor = { compare, a };
	struct kf_bytes entry[STATEMENTS_MAX];
	size_t num = 0;
	uint64_t first;
	enum kf_status status = kf_tlog_recent(a->writer, &visitor);

	for (size_t i = 0; i < a->num; i++)
		if (!a->there[i])
			entry[num++] = a->entry[i];
	if (status == KF_OK && num > 0)
		status = kf_tlog_append(&first, a->writer, entry, num, why);
	for (size_t i = 0; i < a->num && status == KF_OK; i++)
		if (!a->there[i])
			a->index[i] = first++;
	return status == KF_OK ? kf_tlog_publish(a->writer, why) : status;
}

static void tell(const struct appending *a)
{
	struct kf_ledger *l = a->l;

	for (size_t i = 0; i < a->num; i++) {
		struct kf_json json = { .out = &l->out };

		if (!l->as_json) {
			kf_output_print(&l->out, "entry %" PRIu64 "%s\n",
					a->index[i], a->there[i]
					? ", which was there already" : "");
			continue;
		}
		kf_json_open(&json, NULL, '{');
		kf_json_number(&json, "index", a->index[i]);
		kf_json_yes_no(&json, "new", !a->there[i]);
		kf_json_number(&json, "size", kf_tlog_size(a->writer));
		kf_json_close(&json);
		kf_output_text(&l->out, "\n");
	}
}

/* write_all opens the log and writes. */
static int write_all(struct appending *a)
{
	const struct kf_tlog_place place = { a->l->path, WAIT_S };
	char name[KF_NOTE_NAME_MAX + 1];
	struct kf_tlog_signer signer;
	struct kf_fault why = { 0 };
	enum kf_status status;

	status = kf_tlog_origin(name, a->l->path, &why);
	if (status == KF_OK)
		status = kf_tlog_signer_of(&signer, &a->log_key, name,
					   a->l->crypto, &why);
	if (status == KF_OK)
		status = kf_tlog_write_open(&a->writer, &place, &signer,
					    a->l->crypto, &why);
	if (status == KF_OK)
		status = put(a, &why);
	if (status == KF_OK)
		tell(a);
	kf_tlog_write_close(a->writer);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(a->l->path, status, &why);
}

/* gather makes all entries. */
static int gather(struct appending *a)
{
	const struct kf_arguments *args = a->l->arguments;
	int status = KF_EXIT_FITS;

	status = args->num_operands > 2 ? make(a)
		: kf_arguments_only(args, "--statement alone",
			"key statement statement-key pin-source json");
	for (size_t i = 0; i < args->num_given && status == KF_EXIT_FITS; i++)
		if (strcmp(args->given[i].option->name, "statement") == 0)
			status = take_file(a, args->given[i].value);
	if (status == KF_EXIT_FITS && a->num == 0) {
		kf_say(NULL, "nothing to append",
		       "usage: keyfit ledger append LOG ARTIFACT... | --statement FILE");
		return KF_EXIT_USAGE;
	}
	return status;
}

int kf_ledger_append(struct kf_ledger *l)
{
	const char *by = kf_argument(l->arguments, "statement-key");
	static struct appending a;
	int status;

	a.l = l;
	status = open_key(&a.log_key, l, kf_argument(l->arguments, "key"));
	if (status == KF_EXIT_FITS && by)
		status = open_key(&a.statement_key, l, by);
	a.signs = by ? &a.statement_key : &a.log_key;
	if (status == KF_EXIT_FITS)
		status = gather(&a);
	if (status == KF_EXIT_FITS)
		status = write_all(&a);
	for (size_t i = 0; i < a.num; i++)
		free((void *)(uintptr_t)a.entry[i].data);
	kf_signing_key_close(&a.log_key);
	kf_signing_key_close(&a.statement_key);
	return status;
}
