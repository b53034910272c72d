/* The keys and the log that a command line names.
 */
#include "ledger.h"
#include "say.h"

#include "host/replace.h"

#include <stdlib.h>
#include <string.h>

enum { VKEY_MAX = 600, KEY_FILE_MAX = 1 << 20 };

/* texts are those of the keys of notes, which are views. */
static char texts[2 * KF_LEDGER_KEYS_MAX + 1][VKEY_MAX];
static size_t num_texts;

/* note_key reads one as it is, or out of a file. */
static int note_key(struct kf_note_key *out, struct kf_ledger *l,
		    const char *value)
{
	struct kf_text_file file = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status = KF_OK;
	char *text;

	if (num_texts == sizeof(texts) / sizeof(texts[0])) {
		kf_say(value, "is one key too many", NULL);
		return KF_EXIT_USAGE;
	}
	text = texts[num_texts++];
	if (strchr(value, '+')) {
		strncpy(text, value, VKEY_MAX - 1);
	} else {
		status = kf_text_file_read(&file, value, VKEY_MAX - 1, &why);
		if (status == KF_OK && file.bytes.len)
			memcpy(text, file.bytes.data, file.bytes.len);
		kf_text_file_close(&file);
	}
	text[strcspn(text, "\n")] = '\0';
	if (status == KF_OK)
		status = kf_note_key_read(out, kf_text(text), l->crypto);
	if (status == KF_WRONG_USE)
		kf_fault_say(&why, "as `keyfit ledger init` writes it: NAME+ID+KEY",
			     "is no public key of a log or witness that keyfit verifies (Ed25519)");
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(value, status, &why);
}

int kf_ledger_log_key(struct kf_note_key *out, struct kf_ledger *l)
{
	const char *value = kf_argument(l->arguments, "log-key");
	int status;

	if (!value) {
		kf_say(NULL, "which key is the log's?",
		       "--log-key VKEY: `keyfit ledger init` told it");
		return KF_EXIT_USAGE;
	}
	status = note_key(out, l, value);
	if (status == KF_EXIT_FITS && out->kind != KF_NOTE_ED25519) {
		kf_say(value, "is a witness's key, not a log's", NULL);
		return KF_EXIT_USAGE;
	}
	return status;
}

bool kf_ledger_number(uint64_t *out, const struct kf_ledger *l,
		      const char *name)
{
	const char *text = kf_argument(l->arguments, name);
	char *end;

	if (!text)
		return true;
	*out = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end;
}

int kf_ledger_witnesses(struct kf_ledger_witnesses *out, struct kf_ledger *l)
{
	const struct kf_arguments *a = l->arguments;
	uint64_t quorum;
	int status = KF_EXIT_FITS;

	out->num = 0;
	for (size_t i = 0; i < a->num_given && status == KF_EXIT_FITS; i++) {
		struct kf_note_key *key = &out->key[out->num];

		if (strcmp(a->given[i].option->name, "witness") != 0)
			continue;
		if (out->num == KF_LEDGER_KEYS_MAX) {
			kf_say(NULL, "too many witnesses", NULL);
			return KF_EXIT_USAGE;
		}
		status = note_key(key, l, a->given[i].value);
		/* One key is one witness, however often it is named. */
		for (size_t k = 0; k < out->num; k++)
			if (memcmp(out->key[k].key, key->key,
				   sizeof(key->key)) == 0) {
				kf_say(a->given[i].value,
				       "is named twice", NULL);
				return KF_EXIT_USAGE;
			}
		if (status == KF_EXIT_FITS &&
		    key->kind != KF_NOTE_COSIGNATURE) {
			kf_say(a->given[i].value,
			       "is a log's key, not a witness's", NULL);
			return KF_EXIT_USAGE;
		}
		out->num++;
	}
	quorum = out->num;
	if (!kf_ledger_number(&quorum, l, "quorum") || quorum > out->num) {
		kf_say(kf_argument(a, "quorum"),
		       "is no number of the witnesses that are named", NULL);
		return KF_EXIT_USAGE;
	}
	out->quorum = (size_t)quorum;
	return status;
}

bool kf_ledger_cosigned(size_t *num, uint64_t *time_s,
			const struct kf_note *note,
			const struct kf_ledger_witnesses *w,
			struct kf_ledger *l, struct kf_fault *why)
{
	*num = 0;
	*time_s = 0;
	for (size_t i = 0; i < w->num; i++) {
		struct kf_note_said said;
		enum kf_status status = kf_note_ask(&said, note, &w->key[i],
						    &l->work.env);

		if (status != KF_OK)
			l->fault = true;
		if (status != KF_OK || said.answer == KF_NO) {
			kf_fault_say(why, NULL,
				     "the signature of %.*s does not hold",
				     (int)w->key[i].name.len,
				     (const char *)w->key[i].name.data);
			return false;
		}
		*num += said.answer == KF_YES;
		if (said.time_s > *time_s)
			*time_s = said.time_s;
	}
	return true;
}

/* key_names reads one key: digits, or a file. */
static int key_names(struct kf_key_names *out, struct kf_ledger *l,
		     const char *value)
{
	struct kf_text_file file = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (kf_key_names_hex(out, value))
		return KF_EXIT_FITS;
	status = kf_text_file_read(&file, value, KEY_FILE_MAX, &why);
	if (status == KF_OK)
		status = kf_key_names_read(out, file.bytes, &l->work.env);
	kf_text_file_close(&file);
	if (status == KF_WRONG_USE)
		kf_fault_say(&why, "a key, a certificate, or the SHA-256 of one",
			     "is neither a key nor a certificate");
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(value, status, &why);
}

int kf_ledger_keys(struct kf_ledger_names *out, struct kf_ledger *l,
		   const char *option)
{
	const struct kf_arguments *a = l->arguments;
	int status = KF_EXIT_FITS;

	out->num = 0;
	for (size_t i = 0; i < a->num_given && status == KF_EXIT_FITS; i++) {
		if (strcmp(a->given[i].option->name, option) != 0)
			continue;
		if (out->num == KF_LEDGER_KEYS_MAX) {
			kf_say(NULL, "too many keys", NULL);
			return KF_EXIT_USAGE;
		}
		status = key_names(&out->name[out->num++], l,
				   a->given[i].value);
	}
	return status;
}

int kf_ledger_wrong(struct kf_ledger *l, const struct kf_tlog *log)
{
	if (!log->wrong.what[0])
		return KF_EXIT_FITS;
	kf_say_fault(l->path, &log->wrong);
	return KF_EXIT_NOT;
}

int kf_ledger_open(struct kf_tlog *out, struct kf_ledger *l)
{
	struct kf_fault why = { 0 };
	struct kf_note_key key;
	enum kf_status done;
	int status = kf_ledger_log_key(&key, l);

	memset(out, 0, sizeof(*out));
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_tlog_open(out, l->path, &key, l->crypto, &why);
	if (done != KF_OK)
		return kf_say_failure(l->path, done, &why);
	return kf_ledger_wrong(l, out);
}

int kf_ledger_put(struct kf_ledger *l, const char *path,
		  struct kf_bytes bytes)
{
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (!path || strcmp(path, "-") == 0) {
		kf_output_add(&l->out, (const char *)bytes.data, bytes.len);
		return KF_EXIT_FITS;
	}
	status = kf_replace(path, &source, NULL, &l->work.env, &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}
