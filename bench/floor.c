/* The floor: what a check of one file cannot do without. Maps the file, hashes
 * it once with SHA-256, and verifies one RSA-2048 signature.
 *
 *   floor FILE KEY.der SIGNATURE MESSAGE
 *
 * Prints the digest. The key and the signature are made by bench/run.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mapped {
	unsigned char *data;
	size_t len;
};

static struct mapped map(const char *path)
{
	struct mapped m = { NULL, 0 };
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		exit(4);
	m.len = (size_t)st.st_size;
	m.data = mmap(NULL, m.len, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (m.data == MAP_FAILED)
		exit(4);
	return m;
}

static int verify(struct mapped key, struct mapped sig, struct mapped message)
{
	const unsigned char *p = key.data;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)key.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = pkey && ctx &&
		 EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) ==
			 1 &&
		 EVP_DigestVerify(ctx, sig.data, sig.len, message.data,
				  message.len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok;
}

int main(int argc, char **argv)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct mapped file;
	unsigned len;

	if (argc != 5)
		return 2;
	file = map(argv[1]);
	if (!EVP_Digest(file.data, file.len, digest, &len, EVP_sha256(), NULL))
		return 4;
	for (unsigned i = 0; i < len; i++)
		printf("%02x", digest[i]);
	printf("\n");
	return verify(map(argv[2]), map(argv[3]), map(argv[4])) ? 0 : 1;
}
