/* Changes signed bytes of one update and asks keyfit about each, many in one
 * process. Prints how many it accepted, refused and left open, and writes each
 * that it accepted to accepted-NUMBER.
 *
 * Usage: swupdate-signed UPDATE PROFILE KEY FIRST NUMBER AT:LEN...
 * AT:LEN are the signed bytes. Sums in headers have to be left out.
 */
#include <keyfit/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UPDATE_MAX = 1 << 20, REGIONS_MAX = 16, ARENA_LEN = 4 << 20,
       NOW = 1800000000 };

struct region {
	size_t at, len;
};

struct update {
	uint8_t bytes[UPDATE_MAX];
	size_t len;
	struct region region[REGIONS_MAX];
	size_t num_regions;
};

/* next gives numbers that look like chance, always the same ones.
 * Source: Marsaglia, Xorshift RNGs, 2003. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* change_one changes a few bytes that stand together: a bit, a byte, several,
 * or a piece of the same region in their place. */
static void change_one(uint8_t *out, const struct update *u, uint64_t *r)
{
	enum { PIECE_MAX = 24 };
	const struct region *g = &u->region[next(r) % u->num_regions];
	size_t at = next(r) % g->len, n = 1 + next(r) % PIECE_MAX;
	uint8_t *to = out + g->at + at;

	if (n > g->len - at)
		n = g->len - at;
	switch (next(r) % 4) {
	case 0:
		*to ^= (uint8_t)(1 << next(r) % 8);
		break;
	case 1:
		*to = (uint8_t)next(r);
		break;
	case 2:
		for (size_t i = 0; i < n; i++)
			to[i] = (uint8_t)next(r);
		break;
	default:
		memmove(to, u->bytes + g->at + next(r) % (g->len - n + 1), n);
		break;
	}
}

/* change makes one mutant; it differs from the update. */
static void change(uint8_t *out, const struct update *u, uint64_t number)
{
	uint64_t r = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);

	memcpy(out, u->bytes, u->len);
	do
		change_one(out, u, &r);
	while (next(&r) % 3 == 0 || memcmp(out, u->bytes, u->len) == 0);
}

static enum kf_answer judge(const struct kf_device *device,
			    struct kf_work *work, struct kf_bytes bytes)
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
	return status == KF_OK ? verdict.answer : KF_UNDECIDED;
}

static void write_out(struct kf_bytes bytes, uint64_t number)
{
	char name[64];
	FILE *file;

	snprintf(name, sizeof(name), "accepted-%llu",
		 (unsigned long long)number);
	file = fopen(name, "wb");
	if (!file)
		return;
	fwrite(bytes.data, 1, bytes.len, file);
	fclose(file);
}

static void run(const struct update *u, const struct kf_device *device,
		struct kf_work *work, uint64_t first, uint64_t num)
{
	static uint8_t mutant[UPDATE_MAX];
	unsigned long long count[3] = { 0, 0, 0 };

	for (uint64_t i = first; i < first + num; i++) {
		struct kf_bytes bytes = kf_view(mutant, u->len);
		enum kf_answer answer;

		change(mutant, u, i);
		answer = judge(device, work, bytes);
		count[answer]++;
		if (answer == KF_ACCEPT)
			write_out(bytes, i);
	}
	printf("%llu accepted %llu refused %llu open, %s as it is\n",
	       count[KF_ACCEPT], count[KF_REJECT], count[KF_UNDECIDED],
	       judge(device, work, kf_view(u->bytes, u->len)) == KF_ACCEPT
	       ? "accepted" : "not accepted");
}

/* take reads the update and where it is signed. */
static bool take(struct update *u, char **argv, int argc)
{
	FILE *file = fopen(argv[1], "rb");

	if (!file)
		return false;
	u->len = fread(u->bytes, 1, sizeof(u->bytes), file);
	fclose(file);
	for (int i = 6; i < argc && u->num_regions < REGIONS_MAX; i++) {
		struct region *g = &u->region[u->num_regions++];
		char *end;

		g->at = strtoul(argv[i], &end, 10);
		g->len = *end == ':' ? strtoul(end + 1, NULL, 10) : 0;
		if (g->len == 0 || g->at > u->len || g->len > u->len - g->at)
			return false;
	}
	return u->num_regions > 0;
}

int main(int argc, char **argv)
{
	static struct update u;
	struct kf_setting trust[] = { { "key", NULL },
				      { "sw-versions", "none" } };
	struct kf_setting set = { "hardware", "board:1.0" };
	struct kf_ask ask = { .trust = trust, .num_trust = 2, .set = &set,
			      .num_set = 1 };
	struct kf_device device = { 0 };
	struct kf_work work = { 0 };
	struct kf_fault why = { "", "" };
	const struct kf_crypto *crypto = kf_openssl_open(&why);

	if (argc < 7 || !crypto || !take(&u, argv, argc))
		return 2;
	ask.rules = argv[2];
	trust[0].value = argv[3];
	if (kf_device_open(&device, &ask, crypto, NOW, &why) != KF_OK ||
	    kf_work_open(&work, ARENA_LEN, crypto, NOW, &why) != KF_OK) {
		fprintf(stderr, "swupdate-signed: %s\n", why.what);
		return 4;
	}
	run(&u, &device, &work, strtoull(argv[4], NULL, 10),
	    strtoull(argv[5], NULL, 10));
	kf_work_close(&work);
	kf_device_close(&device);
	kf_openssl_close(crypto);
	return 0;
}
