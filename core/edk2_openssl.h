/* What OpenSSL can do in edk2's builds of it; see UEFI-22 in
 * docs/rules/uefi.md. Images and variables are verified by the same library.
 */
#ifndef KEYFIT_CORE_EDK2_OPENSSL_H
#define KEYFIT_CORE_EDK2_OPENSSL_H

#include <keyfit/crypto.h>

#define KF_EDK2_ALWAYS (KF_CMS_PARTIAL_CHAIN | KF_CMS_NO_TIME | \
			KF_CMS_ANY_PURPOSE | KF_CMS_ROOM_BEHIND)
#define KF_EDK2_OPENSSL_1_1_1 (KF_EDK2_ALWAYS | KF_CMS_MD5 | KF_CMS_SHA1 | \
			       KF_CMS_SHA224 | KF_CMS_SHA3 | \
			       KF_CMS_RSA_PSS | KF_CMS_SIGNATURE_OID | \
			       KF_CMS_ANY_UNICODE | KF_CMS_ANY_DIGEST_TAG)
#define KF_EDK2_OPENSSL_3_5 (KF_EDK2_ALWAYS | KF_CMS_WHOLE_TIMES | \
			     KF_CMS_MD5 | KF_CMS_SHA1 | KF_CMS_SHA224 | \
			     KF_CMS_RSA_PSS)
#define KF_EDK2_OPENSSL_3_4 (KF_EDK2_OPENSSL_3_5 | KF_CMS_ANY_DIGEST_TAG)

#endif
