/* keyfit bom: the keys of firmware files and trust stores as a bill in
 * CycloneDX; what differs between two; whether a release has approved keys
 * alone.
 */
#include "bom.h"
#include "say.h"
#include "seal.h"

#include "host/replace.h"

#include <stdlib.h>
#include <string.h>

static const struct kf_option options[] = {
	{ "spec", KF_VALUE_ANY, "VERSION", false,
	  "of make: of CycloneDX, 1.6 or 1.7; 1.6 without it" },
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "when the bill is made, or when a key has to be approved" },
	{ "name", KF_VALUE_ANY, "NAME", false,
	  "of make: of the product that the files belong to" },
	{ "version", KF_VALUE_ANY, "VERSION", false,
	  "of make: of the product" },
	{ "state", KF_VALUE_ANY, "SHA256=STATE", true,
	  "of make: of a key or certificate: active, suspended, deactivated, compromised" },
	{ "replaced-by", KF_VALUE_ANY, "SHA256=SHA256", true,
	  "of make: which key or certificate follows one" },
	{ "expires", KF_VALUE_ANY, "SHA256=TIME", true,
	  "of make: from when on a key no longer counts" },
	{ "key-place", KF_VALUE_ANY, "SHA256=PLACE", true,
	  "of make: where the private half lies: pkcs11:token=release" },
	{ "statement", KF_VALUE_NONE, NULL, false,
	  "of make: an in-toto Statement about the files, with the bill in it" },
	KF_ASK_SIGN,
	KF_ASK_PIN,
	{ "output", KF_VALUE_FILE, "FILE", false,
	  "of make: where to, not to stdout" },
	{ "key", KF_VALUE_FILE, "FILE", false,
	  "of verify: the public key that has to have signed the approved bill" },
	{ "json", KF_VALUE_NONE, NULL, false,
	  "of diff and verify: one JSON object" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit bom make shimx64.efi --output shim.cdx.json",
	"keyfit bom make firmware.raucb rootfs/ --name gateway --version 4.2.0 --spec 1.7",
	"keyfit bom make firmware.raucb --sign 'pkcs11:token=release;object=bom' --pin-source env:PIN",
	"keyfit bom diff release-41.cdx.json release-42.cdx.json",
	"keyfit bom verify firmware.raucb approved.cdx.json --at 2027-01-01",
	NULL,
};

static int usage(const char *subject, const char *what, const char *hint)
{
	kf_say(subject, what, hint);
	return KF_EXIT_USAGE;
}

/* split takes SHA256=VALUE apart. Fails: NULL. */
static const char *split(struct kf_bom_said *out, const char *text)
{
	const char *equals = strchr(text, '=');
	size_t len;

	if (strncmp(text, "sha256:", 7) == 0)
		text += 7;
	len = equals ? (size_t)(equals - text) : 0;
	if (len != sizeof(out->id) - 1)
		return NULL;
	memcpy(out->id, text, len);
	out->id[len] = '\0';
	return kf_bom_is_hex(out->id, len) ? equals + 1 : NULL;
}

static bool read_state(struct kf_bom_said *said, const char *value)
{
	said->what = KF_BOM_SAY_STATE;
	said->state = kf_bom_state_of(value);
	return said->state != KF_NUM_BOM_STATES;
}

static bool read_replaced(struct kf_bom_said *said, const char *value)
{
	said->what = KF_BOM_SAY_REPLACED;
	said->value = strncmp(value, "sha256:", 7) == 0 ? value + 7 : value;
	return kf_bom_is_hex(said->value, 64);
}

static bool read_expires(struct kf_bom_said *said, const char *value)
{
	said->what = KF_BOM_SAY_EXPIRES;
	return kf_time_read(&said->at_s, value);
}

/* read_place: behind a question mark a URI may have a PIN. */
static bool read_place(struct kf_bom_said *said, const char *value)
{
	said->what = KF_BOM_SAY_PLACE;
	said->value = value;
	return value[0] && !strchr(value, '?');
}

/* read_said takes what the owner says of keys. */
static int read_said(struct kf_billing *q)
{
	static const struct {
		const char *option, *hint;
		bool (*read)(struct kf_bom_said *said, const char *value);
	} readers[] = {
		{ "state", "SHA256=STATE: pre-activation, active, suspended, deactivated, compromised, destroyed, revoked", read_state },
		{ "replaced-by", "SHA256=SHA256", read_replaced },
		{ "expires", "SHA256=2028-05-15", read_expires },
		{ "key-place", "SHA256=PLACE, without a PIN and its source",
		  read_place },
	};

	for (size_t i = 0; i < q->arguments->num_given; i++) {
		const struct kf_given *g = &q->arguments->given[i];
		const size_t max = sizeof(q->said) / sizeof(q->said[0]);

		for (size_t k = 0; k < 4; k++) {
			struct kf_bom_said *said = &q->said[q->ask.num_said];
			const char *value;

			if (strcmp(g->option->name, readers[k].option) != 0)
				continue;
			if (q->ask.num_said == max)
				return usage(g->option->name, "comes too often", NULL);
			value = split(said, g->value);
			if (!value || !readers[k].read(said, value))
				return usage(g->value, "is not understood",
					     readers[k].hint);
			q->ask.num_said++;
		}
	}
	q->ask.said = q->said;
	return KF_EXIT_FITS;
}

/* read_time: by --at, or as builds that can be repeated tell it. Source:
 * reproducible-builds.org, SOURCE_DATE_EPOCH specification. */
static int read_time(struct kf_billing *q)
{
	const char *at = kf_argument(q->arguments, "at");
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char moment[24] = "@";

	if (kf_argument_time(&q->at_s, q->arguments) != KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	if (!at && epoch && epoch[0]) {
		strncat(moment, epoch, sizeof(moment) - 2);
		if (strlen(epoch) > 20 || !kf_time_read(&q->at_s, moment))
			return usage("SOURCE_DATE_EPOCH", "is no time", NULL);
	}
	q->ask.has_time = at || (epoch && epoch[0]);
	q->ask.at_s = q->at_s;
	return KF_EXIT_FITS;
}

static int read_ask(struct kf_billing *q)
{
	const char *spec = kf_argument(q->arguments, "spec");
	int status;

	q->ask.spec = KF_BOM_1_6;
	if (spec && strcmp(spec, "1.7") == 0)
		q->ask.spec = KF_BOM_1_7;
	else if (spec && strcmp(spec, "1.6") != 0)
		return usage(spec, "is no version that keyfit writes", "1.6 or 1.7");
	q->ask.name = kf_argument(q->arguments, "name");
	q->ask.version = kf_argument(q->arguments, "version");
	if (q->ask.version && !q->ask.name)
		return usage("--version", "is that of a product", "--name NAME says of which");
	q->ask.keyfit = KEYFIT_VERSION;
	q->as_json = kf_argument(q->arguments, "json") != NULL;
	status = read_said(q);
	return status == KF_EXIT_FITS ? read_time(q) : status;
}

/* all_used: what is said of a key that is not there is a mistake. Keys are not
 * revoked, certificates are. */
static int all_used(const struct kf_billing *q)
{
	for (size_t i = 0; i < q->ask.num_said; i++) {
		const struct kf_bom_said *s = &q->said[i];
		bool certificate = false;

		if (!s->used)
			return usage(s->id, "is no key or certificate of this bill", "keys go by the SHA-256 of SubjectPublicKeyInfo, certificates by their own");
		for (size_t k = 0; k < q->bill.num_certificates; k++)
			certificate |= kf_hex_is(s->id, kf_view(
				q->bill.certificate[k].x509.sha256.bytes, 32));
		if (!certificate && s->what == KF_BOM_SAY_STATE &&
		    s->state == KF_BOM_REVOKED)
			return usage(s->id, "is a key: certificates are revoked, keys compromised or deactivated", NULL);
		if (certificate && s->what == KF_BOM_SAY_EXPIRES)
			return usage(s->id, "is a certificate, which ends by itself", "--expires is for its key");
	}
	return KF_EXIT_FITS;
}

/* wrap puts the bill into a Statement, and that into an envelope, where that is
 * asked for. */
static int wrap(struct kf_billing *q)
{
	const char *key = kf_argument(q->arguments, "sign");
	struct kf_output statement = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (!key && !kf_argument(q->arguments, "statement"))
		return KF_EXIT_FITS;
	status = kf_bom_statement(&statement, &q->bill,
				  kf_view(q->out.data, q->out.len), &why);
	kf_output_close(&q->out);
	q->out = statement;
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &why);
	return key ? kf_seal(&q->out, key,
			     kf_argument(q->arguments, "pin-source"),
			     &q->work) : KF_EXIT_FITS;
}

/* put writes the bill where it is to go: whole, or not at all. */
static int put(struct kf_billing *q)
{
	const char *path = kf_argument(q->arguments, "output");
	struct kf_bytes bytes = kf_view(q->out.data, q->out.len);
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (!path || strcmp(path, "-") == 0)
		return kf_put_answer(&q->out);
	kf_work_again(&q->work, bytes.len);
	status = kf_replace(path, &source, NULL, &q->work.env, &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

/* fill makes the bill of files. */
static int fill(struct kf_billing *q, const char *const *path, size_t num)
{
	int status = kf_bom_open(q);

	for (size_t i = 0; i < num && status == KF_EXIT_FITS; i++)
		status = kf_bom_take(q, path[i]);
	return status == KF_EXIT_FITS ? kf_bom_end(q) : status;
}

static int write_bill(struct kf_billing *q)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_bom_write(&q->out, &q->bill, &q->ask);

	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(NULL, status, &why);
}

static int make(struct kf_billing *q)
{
	int status = fill(q, q->arguments->operand + 1,
			  q->arguments->num_operands - 1);

	if (status == KF_EXIT_FITS)
		status = write_bill(q);
	if (status == KF_EXIT_FITS)
		status = all_used(q);
	if (status == KF_EXIT_FITS)
		status = wrap(q);
	return status == KF_EXIT_FITS ? put(q) : status;
}

/* of_file makes a bill of a file that is none, and reads it as one. */
static int of_file(struct kf_bom_loaded *out, struct kf_billing *q,
		   const char *path)
{
	struct kf_fault why = { 0 };
	enum kf_status read;
	int status = fill(q, &path, 1);

	if (status == KF_EXIT_FITS)
		status = write_bill(q);
	if (status != KF_EXIT_FITS)
		return status;
	read = kf_bom_read(&out->bom, kf_view(q->out.data, q->out.len), &why);
	kf_output_close(&q->out);
	return read == KF_OK ? KF_EXIT_FITS : kf_say_failure(path, read, &why);
}

/* answer writes what was found. */
static int answer(struct kf_billing *q, int found)
{
	int status = kf_put_answer(&q->out);

	return status == KF_EXIT_FITS ? found : status;
}

static int diff(struct kf_billing *q)
{
	const char *const *name = q->arguments->operand + 1;
	struct kf_bom_loaded old = { 0 }, new = { 0 };
	int status;

	if (q->arguments->num_operands != 3)
		return usage(NULL, "which two bills?", "usage: keyfit bom diff OLD NEW");
	status = kf_bom_load(&old, q, name[0], NULL, false);
	if (status == KF_EXIT_FITS)
		status = kf_bom_load(&new, q, name[1], NULL, false);
	if (status == KF_EXIT_FITS)
		status = answer(q, kf_bom_show_diff(q, &old.bom, &new.bom,
						    name));
	kf_bom_unload(&old);
	kf_bom_unload(&new);
	return status;
}

static int verify(struct kf_billing *q)
{
	const char *const *name = q->arguments->operand + 1;
	struct kf_bom_loaded release = { 0 }, approved = { 0 };
	int status;

	if (q->arguments->num_operands != 3)
		return usage(NULL, "which release, and which bill?", "usage: keyfit bom verify RELEASE APPROVED");
	status = kf_bom_load(&approved, q, name[1],
			     kf_argument(q->arguments, "key"), false);
	if (status == KF_EXIT_FITS)
		status = kf_bom_load(&release, q, name[0], NULL, true);
	if (status == KF_EXIT_FITS && !release.is)
		status = of_file(&release, q, name[0]);
	if (status == KF_EXIT_FITS)
		status = answer(q, kf_bom_show_check(q, &release.bom,
						     &approved.bom, name));
	kf_bom_unload(&release);
	kf_bom_unload(&approved);
	return status;
}

/* fitting refuses options that another word has. */
static int fitting(const struct kf_arguments *a, const char *word)
{
	for (size_t i = 0; i < a->num_given; i++) {
		const struct kf_option *o = a->given[i].option;
		bool makes = strncmp(o->title, "of make", 7) == 0;
		bool verifies = strncmp(o->title, "of verify", 9) == 0;
		bool asks = strncmp(o->title, "of diff", 7) == 0;
		bool is_make = strcmp(word, "make") == 0;

		if ((makes && !is_make) || (asks && is_make) ||
		    (verifies && strcmp(word, "verify") != 0))
			return usage(o->name, "does not go with this word",
				     o->title);
	}
	return KF_EXIT_FITS;
}

static int work(struct kf_billing *q, int (*run_word)(struct kf_billing *q))
{
	struct kf_fault why = { 0 };
	enum kf_status opened;
	int status = read_ask(q);

	if (status != KF_EXIT_FITS)
		return status;
	q->crypto = kf_openssl_open(&why);
	if (!q->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	opened = kf_work_open(&q->work, KF_ARENA_LEN, q->crypto, q->at_s,
			      &why);
	if (opened != KF_OK)
		return kf_say_failure(NULL, opened, &why);
	kf_known_start(&q->known);
	return run_word(q);
}

static int run(const struct kf_arguments *arguments)
{
	static const struct {
		const char *name;
		int (*run)(struct kf_billing *q);
	} words[] = { { "make", make }, { "diff", diff },
		      { "verify", verify } };
	static struct kf_billing q;
	const char *word = arguments->num_operands ? arguments->operand[0]
						   : "";
	int status = KF_EXIT_USAGE;
	size_t i;

	q.arguments = arguments;
	for (i = 0; i < 3 && strcmp(words[i].name, word) != 0; i++)
		;
	if (i == 3 || arguments->num_operands < 2)
		return usage(i == 3 && word[0] ? word : NULL, i == 3
			     ? "make, diff or verify?" : "no file",
			     "usage: keyfit bom make FILE..., keyfit bom diff OLD NEW, keyfit bom verify RELEASE APPROVED");
	status = fitting(arguments, word);
	if (status == KF_EXIT_FITS)
		status = work(&q, words[i].run);
	kf_output_close(&q.out);
	kf_work_close(&q.work);
	kf_openssl_close(q.crypto);
	free(q.keep.base);
	return status;
}

const struct kf_command kf_cmd_bom = {
	.operands = "make FILE... | diff OLD NEW | verify RELEASE APPROVED",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
