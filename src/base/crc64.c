/* CRC-64/NVME (NVM Express NVM Command Set, 5.2.1.3.4; poly 0xad93d23594c93659, reflected), eight
 * bytes at a step by eight tables. */
#include "base/digest.h"

#include <pthread.h>

#define POLYNOMIAL 0x9a6c9329ac4bc9b5ull /* bits reversed */

static uint64_t tables[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void tables_make(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
        tables[0][byte] = crc;
    }
    for (int step = 1; step < 8; step++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t crc = tables[step - 1][byte];
            tables[step][byte] = crc >> 8 ^ tables[0][crc & 0xff];
        }
}

uint64_t crc64nvme_of(uint64_t crc, span data)
{
    pthread_once(&once, tables_make);
    crc = ~crc;
    for (; data.size >= 8; data.data += 8, data.size -= 8) {
        crc ^= get_le64(data.data);
        uint64_t next = 0;
        for (int i = 0; i < 8; i++) next ^= tables[7 - i][crc >> (8 * i) & 0xff];
        crc = next;
    }
    for (; data.size; data.data++, data.size--)
        crc = crc >> 8 ^ tables[0][(crc ^ (uint8_t)*data.data) & 0xff];
    return ~crc;
}
