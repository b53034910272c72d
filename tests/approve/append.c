/* Appends files to a log as they are, one an entry: what whoever has the log's
 * own key can do, and keyfit does not.
 *
 *   append KEY NAME LOG FILE...
 */
#include "jobs/sign/sign.h"

#include "host/tlog.h"

#include <stdio.h>

enum { FILES_MAX = 64 };

static struct kf_fault why;

static int append(const struct kf_tlog_place *place,
		  const struct kf_tlog_signer *signer,
		  const struct kf_crypto *crypto, char **path, size_t num)
{
	struct kf_text_file file[FILES_MAX] = { 0 };
	struct kf_bytes entry[FILES_MAX];
	struct kf_tlog_writer *w = NULL;
	enum kf_status status;
	uint64_t index;

	status = kf_tlog_write_open(&w, place, signer, crypto, &why);
	for (size_t i = 0; i < num && status == KF_OK; i++) {
		status = kf_text_file_read(&file[i], path[i],
					   KF_TLOG_ENTRY_MAX, &why);
		entry[i] = file[i].bytes;
	}
	if (status == KF_OK)
		status = kf_tlog_append(&index, w, entry, num, &why);
	if (status == KF_OK)
		status = kf_tlog_publish(w, &why);
	kf_tlog_write_close(w);
	for (size_t i = 0; i < num; i++)
		kf_text_file_close(&file[i]);
	return status == KF_OK ? 0 : 4;
}

int main(int argc, char **argv)
{
	const struct kf_crypto *crypto = kf_openssl_open(&why);
	struct kf_signing_key key = { 0 };
	struct kf_tlog_signer signer;
	struct kf_work work;
	int failed = 4;

	if (argc < 5 || argc > 4 + FILES_MAX || !crypto ||
	    kf_work_open(&work, 1 << 20, crypto, 0, &why) != KF_OK)
		return 2;
	if (kf_signing_key_open(&key, argv[1], crypto, &work, &why) == KF_OK &&
	    kf_tlog_signer_of(&signer, &key, argv[2], crypto, &why) == KF_OK) {
		const struct kf_tlog_place place = { argv[3], 5 };

		failed = append(&place, &signer, crypto, argv + 4,
				(size_t)argc - 4);
	}
	if (failed)
		fprintf(stderr, "append: %s\n", why.what);
	kf_signing_key_close(&key);
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return failed;
}
