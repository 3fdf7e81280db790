// Parsing alone by simdjson's On-Demand API: ventilator records in memory -> typed arrays, strings
// copied, as a column store must. Fields are asked for in the order in which they stand.
//
//   simdjson FILE.ndjson       prints {"seconds": ...}
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <simdjson.h>

using namespace simdjson;

static int digits(std::string_view s, size_t at, size_t count)
{
    int value = 0;
    for (size_t i = at; i < at + count; i++) {
        unsigned digit = (unsigned)(s[i] - '0');
        if (digit > 9) abort();
        value = value * 10 + (int)digit;
    }
    return value;
}

// "yyyy-mm-dd hh:mm:ss" as microseconds since 1970
static int64_t instant(std::string_view s)
{
    static const int before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    if (s.size() != 19) abort();
    int year = digits(s, 0, 4), month = digits(s, 5, 2), day = digits(s, 8, 2);
    if (month < 1 || month > 12) abort();
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t past = year - 1;
    int64_t days = past * 365 + past / 4 - past / 100 + past / 400 + before[month - 1] +
                   (month > 2 && leap) + day - 719163;
    return ((days * 24 + digits(s, 11, 2)) * 3600 + digits(s, 14, 2) * 60 + digits(s, 17, 2)) *
           1000000;
}

struct text_column {
    std::vector<char> bytes;
    std::vector<uint32_t> ends;
    void add(std::string_view s)
    {
        bytes.insert(bytes.end(), s.begin(), s.end());
        ends.push_back((uint32_t)bytes.size());
    }
};

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    padded_string in = padded_string::load(argv[1]);
    size_t rows = in.size() / 180;
    std::vector<int32_t> numbers[4];
    std::vector<int64_t> times;
    text_column serials, makers;
    for (auto &column : numbers) column.reserve(rows);
    times.reserve(rows);
    serials.bytes.reserve(rows * 36);
    makers.bytes.reserve(rows * 10);
    for (auto *column : {&serials, &makers}) column->ends.reserve(rows);
    auto begin = std::chrono::steady_clock::now();
    ondemand::parser parser;
    ondemand::document_stream documents;
    if (parser.iterate_many(in, 1000000).get(documents)) return 1;
    static const char *const integers[] = {"pressurecontrol", "o2stats", "minutevolume"};
    for (auto document : documents) {
        ondemand::object object;
        int64_t number;
        std::string_view text;
        if (document.get_object().get(object)) return 1;
        if (object.find_field("ventilatorid").get(number)) return 1;
        numbers[0].push_back((int32_t)number);
        if (object.find_field("eventtime").get(text)) return 1;
        times.push_back(instant(text));
        if (object.find_field("serialnumber").get(text)) return 1;
        serials.add(text);
        for (int i = 0; i < 3; i++) {
            if (object.find_field(integers[i]).get(number)) return 1;
            numbers[i + 1].push_back((int32_t)number);
        }
        if (object.find_field("manufacturer").get(text)) return 1;
        makers.add(text);
    }
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    printf("{\"seconds\": %.6f, \"rows\": %zu}\n", took.count(), times.size());
    return 0;
}
