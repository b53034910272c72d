/* Writes a log, for tests that kill it or fill its disk; `check` tells what is
 * there when all of it is as it was signed.
 *
 *   log init|append|batch|check|fresh FOLDER [FIRST NUM]
 *
 * `batch` appends all entries at once; `fresh` makes a log of its own in the
 * folder, and checks it.
 */
#include "tests/signer.h"

#include "host/tlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct kf_fault why;
static const struct kf_crypto *crypto;
static struct kf_tlog_signer signer;

static int told(enum kf_status status)
{
	if (status != KF_OK)
		fprintf(stderr, "log: %s\n", why.what[0] ? why.what
			: "out of memory");
	return status == KF_OK ? 0 : 4;
}

/* append makes entries durable one by one, tells each, and then publishes. */
static enum kf_status append(const char *folder, unsigned first, unsigned num)
{
	const struct kf_tlog_place place = { folder, 5 };
	struct kf_tlog_writer *w;
	enum kf_status status;

	status = kf_tlog_write_open(&w, &place, &signer, crypto, &why);
	for (unsigned i = 0; i < num && status == KF_OK; i++) {
		char text[32];
		uint64_t index;
		int len = snprintf(text, sizeof(text), "entry %u", first + i);
		struct kf_bytes entry = kf_view(text, (size_t)len);

		status = kf_tlog_append(&index, w, &entry, 1, &why);
		if (status == KF_OK) {
			printf("%llu %s\n", (unsigned long long)index, text);
			fflush(stdout);
		}
	}
	if (status == KF_OK)
		status = kf_tlog_publish(w, &why);
	if (status == KF_OK)
		printf("published\n");
	kf_tlog_write_close(w);
	return status;
}

/* batch appends many at once. */
static enum kf_status batch(const char *folder, unsigned first, unsigned num)
{
	const struct kf_tlog_place place = { folder, 5 };
	struct kf_bytes *entry = calloc(num + 1, sizeof(*entry));
	char (*text)[32] = calloc(num + 1, sizeof(*text));
	struct kf_tlog_writer *w = NULL;
	enum kf_status status = entry && text ? KF_OK : KF_NO_MEMORY;
	uint64_t index;

	if (status == KF_OK)
		status = kf_tlog_write_open(&w, &place, &signer, crypto, &why);
	for (unsigned i = 0; i < num && status == KF_OK; i++) {
		snprintf(text[i], sizeof(text[i]), "entry %u", first + i);
		entry[i] = kf_text(text[i]);
	}
	if (status == KF_OK)
		status = kf_tlog_append(&index, w, entry, num, &why);
	for (unsigned i = 0; i < num && status == KF_OK; i++)
		printf("%llu %s\n", (unsigned long long)index + i, text[i]);
	fflush(stdout);
	if (status == KF_OK)
		status = kf_tlog_publish(w, &why);
	kf_tlog_write_close(w);
	free(entry);
	free(text);
	return status;
}

static enum kf_status tell(void *self, uint64_t index, struct kf_bytes entry)
{
	printf("%llu %.*s\n", (unsigned long long)index, (int)entry.len,
	       (const char *)entry.data);
	return KF_OK;
}

static enum kf_status check(const char *folder)
{
	const struct kf_tlog_visitor visitor = { tell, NULL };
	struct kf_tlog log;
	enum kf_status status;

	status = kf_tlog_open(&log, folder, &signer.note, crypto, &why);
	if (status == KF_OK && !log.wrong.what[0])
		status = kf_tlog_scan(&log, &visitor, &why);
	if (status == KF_OK && log.wrong.what[0]) {
		kf_fault_say(&why, NULL, "%s", log.wrong.what);
		status = KF_WRONG_USE;
	}
	if (status == KF_OK)
		printf("size %llu\n",
		       (unsigned long long)log.checkpoint.size);
	kf_tlog_close(&log);
	return status;
}

static enum kf_status fresh(const char *folder)
{
	char path[512];
	enum kf_status status;

	snprintf(path, sizeof(path), "%s/%ld", folder, (long)getpid());
	status = kf_tlog_init(path, &signer, crypto, &why);
	if (status == KF_OK)
		status = append(path, 0, 3);
	if (status == KF_OK)
		status = batch(path, 3, 300);
	return status == KF_OK ? check(path) : status;
}

int main(int argc, char **argv)
{
	static struct kf_signing_key key;

	if (argc < 3)
		return 2;
	crypto = kf_openssl_open(&why);
	if (!crypto || !signer_open(&key, "log") ||
	    kf_tlog_signer_of(&signer, &key, "log.example/killed", crypto,
			      &why) != KF_OK)
		return told(KF_NO_MEMORY);
	if (strcmp(argv[1], "init") == 0)
		return told(kf_tlog_init(argv[2], &signer, crypto, &why));
	if (strcmp(argv[1], "append") == 0 && argc == 5)
		return told(append(argv[2], (unsigned)atoi(argv[3]),
				   (unsigned)atoi(argv[4])));
	if (strcmp(argv[1], "batch") == 0 && argc == 5)
		return told(batch(argv[2], (unsigned)atoi(argv[3]),
				  (unsigned)atoi(argv[4])));
	if (strcmp(argv[1], "fresh") == 0)
		return told(fresh(argv[2]));
	return told(check(argv[2]));
}
