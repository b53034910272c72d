/* Asks keyfit about mutants of an image, many in one process, and prints one
 * character a mutant: 0 refused, 1 accepted, ? open.
 *
 * Usage: mcuboot-mutants ask|signed|write IMAGE OTHER FIRST NUMBER
 *	[trust NAME=FILE | set NAME=VALUE]...
 * `signed` changes signed bytes alone; `write` writes the mutants, each behind
 * its length of 4 bytes, for whoever judges them elsewhere.
 */
#include "mcuboot_mutate.h"

#include <keyfit/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 24, ARENA_LEN = 4 << 20 };

struct question {
	struct kf_setting trust[PAIRS_MAX], set[PAIRS_MAX];
	struct kf_ask ask;
};

static void take_pair(struct question *q, const char *what, char *pair)
{
	char *equals = strchr(pair, '=');
	struct kf_setting line = { pair, equals ? equals + 1 : "" };
	bool trust = strcmp(what, "trust") == 0;
	size_t *num = trust ? &q->ask.num_trust : &q->ask.num_set;

	if (!equals || *num == PAIRS_MAX)
		exit(2);
	*equals = '\0';
	(trust ? q->trust : q->set)[(*num)++] = line;
}

static size_t slurp(uint8_t *out, const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t len = file ? fread(out, 1, MUTANT_MAX, file) : 0;

	if (file)
		fclose(file);
	return len;
}

/* judge asks about one file in memory. */
static char judge(const struct kf_device *device, struct kf_work *work,
		  struct kf_bytes bytes)
{
	const struct kf_device_verifier *v = &device->verifier[0];
	struct kf_source source = kf_bytes_source(&bytes);
	static struct kf_verdict verdict;
	struct kf_artifact artifact;
	enum kf_status status;

	kf_work_again(work, bytes.len);
	kf_artifact_read(&artifact, NULL, &source, &work->env);
	kf_artifact_prepare(&artifact, v->rules, &work->env);
	status = kf_check(&verdict, &artifact, &v->store, v->rules,
			  &work->env);
	kf_artifact_close(&artifact, &work->env);
	if (status != KF_OK)
		return '!';
	return verdict.answer == KF_ACCEPT ? '1'
	       : verdict.answer == KF_REJECT ? '0' : '?';
}

static void write_out(const uint8_t *bytes, size_t len)
{
	const uint8_t head[4] = { (uint8_t)len, (uint8_t)(len >> 8),
				  (uint8_t)(len >> 16), 0 };

	fwrite(head, 1, sizeof(head), stdout);
	fwrite(bytes, 1, len, stdout);
}

int main(int argc, char **argv)
{
	static uint8_t image[MUTANT_MAX], other[MUTANT_MAX],
		mutant[MUTANT_MAX];
	struct question q = { .ask = { .rules = "mcuboot" } };
	struct kf_device device = { 0 };
	struct kf_work work = { 0 };
	struct kf_fault why = { "", "" };
	const struct kf_crypto *crypto = kf_openssl_open(&why);
	size_t image_len, other_len;
	uint64_t first, num;
	char what;

	if (argc < 6 || !crypto)
		return 2;
	what = argv[1][0];
	image_len = slurp(image, argv[2]);
	other_len = slurp(other, argv[3]);
	first = strtoull(argv[4], NULL, 10);
	num = strtoull(argv[5], NULL, 10);
	for (int i = 6; i + 1 < argc; i += 2)
		take_pair(&q, argv[i], argv[i + 1]);
	q.ask.trust = q.trust;
	q.ask.set = q.set;
	if (what != 'w' &&
	    (kf_device_open(&device, &q.ask, crypto, 1800000000,
			    &why) != KF_OK ||
	     kf_work_open(&work, ARENA_LEN, crypto, 1800000000,
			  &why) != KF_OK)) {
		fprintf(stderr, "mcuboot-mutants: %s\n", why.what);
		return 4;
	}
	for (uint64_t i = 0; i < num; i++) {
		size_t len = what == 's'
			? mutate_signed(mutant, image, image_len, first + i)
			: mutate(mutant, image, image_len, other, other_len,
				 first + i);

		if (what == 'w')
			write_out(mutant, len);
		else
			putchar(judge(&device, &work, kf_view(mutant, len)));
	}
	kf_work_close(&work);
	kf_device_close(&device);
	kf_openssl_close(crypto);
	return 0;
}
