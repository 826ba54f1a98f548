/** The phrase book that `phrases.ts` looks up: what a newcomer meets, in English as the sources have it and in Korean. */

/** English as it is said, `{}` for what is put in (`{n}`: a number), and the Korean, `{1}` for the first of them. */
export const phrases: readonly (readonly [english: string, korean: string])[] = [
  // the command line
  ["A command is needed.", "명령을 적어 주세요."],
  ['There is no command "{}"; the closest is "{}".', '"{1}" 명령은 없습니다. 혹시 "{2}"인가요?'],
  ['There is no command "{}".', '"{1}" 명령은 없습니다.'],
  ['The tasks, each run as "deno task NAME":', "쓸 수 있는 명령(deno task 이름):"],
  ["There is no option {}; the closest is {}.", "{1} 옵션은 없습니다. 혹시 {2}인가요?"],
  ["There is no option {}.", "{1} 옵션은 없습니다."],
  [
    '"{}" stands alone; values follow an option\'s name.',
    '"{1}" 앞에 옵션 이름이 없습니다. 값은 옵션 이름 뒤에 씁니다.',
  ],
  [
    'What has spaces stands in quotes, and so does a pattern of files: "밤하늘의 별", "2024-*.csv".',
    '띄어쓰기가 있는 값과 여러 파일을 뜻하는 패턴은 따옴표로 감쌉니다: "밤하늘의 별", "2024-*.csv".',
  ],
  ["{} is given twice.", "{1} 옵션이 두 번 나옵니다."],
  [
    "{} does nothing here: it goes with {}.",
    "여기서는 {1} 옵션이 하는 일이 없습니다. {2} 옵션과 함께 써 주세요.",
  ],
  ["{} takes no value.", "{1} 옵션은 값을 받지 않습니다."],
  ["{} needs a value: {}.", "{1} 옵션에 값이 빠졌습니다."],
  ["{} is needed: {}.", "{1} 옵션이 꼭 필요합니다."],
  ["The setting {} is {}; it must be a text.", "{1} 설정은 글이어야 합니다: {2}."],
  [
    "The separator is {}; it must be one character, or {}.",
    "구분자가 잘못되었습니다: {1}. 글자 하나나 {2}이어야 합니다.",
  ],
  ['"deno task {} -- --help" lists the options.', '옵션 목록은 "deno task {1} -- --help"로 볼 수 있습니다.'],

  // files and folders
  [
    'there is no file or folder {} in {} (did you mean "{}"?).',
    '그런 파일이나 폴더가 없습니다: {1} (찾은 곳: {2}). 혹시 "{3}"인가요?',
  ],
  ["there is no file or folder {} in {}.", "그런 파일이나 폴더가 없습니다: {1} (찾은 곳: {2})."],
  ["there is no file or folder {}.", "그런 파일이나 폴더가 없습니다: {1}."],
  ["no file fits the pattern {}.", "패턴에 맞는 파일이 없습니다: {1}."],
  [
    "{} is a folder; give a file's name: {}.",
    "파일이 아니라 폴더입니다: {1}. 파일 이름까지 적어 주세요: {2}.",
  ],
  [
    "{} is a file, where a folder is needed; choose another.",
    "폴더가 아니라 파일입니다: {1}. 다른 폴더를 적어 주세요.",
  ],
  [
    "{} would write over what {} reads; choose another place.",
    "{1}에 쓰면 {2}에서 읽는 것을 덮어씁니다. 다른 곳을 골라 주세요.",
  ],
  [
    "{} is a link that leads in a circle; choose another place.",
    "{1}: 돌고 도는 링크입니다. 다른 곳을 골라 주세요.",
  ],
  ["{} cannot be written to: {}. Choose another place.", "{1}에 쓸 수 없습니다: {2}. 다른 곳을 골라 주세요."],
  [
    "{} is being written by {}. Wait for it, end it, or choose another folder with --output.",
    "다른 프로세스가 {1}에 쓰고 있습니다({2}). 끝나기를 기다리거나, 그 프로세스를 끝내거나, --output으로 다른 폴더를 골라 주세요.",
  ],
  ["Cannot write {}: {}.", "{1}에 쓰지 못했습니다: {2}."],
  ["The disk is full: make room.", "디스크가 가득 찼습니다. 자리를 비워 주세요."],
  ["That place is read-only: choose another.", "쓰기가 막힌 곳입니다. 다른 곳을 골라 주세요."],
  [
    "There is no such file or folder: check the path.",
    "그런 파일이나 폴더가 없습니다. 경로를 확인해 주세요.",
  ],
  [
    "It may not be read or written by you: check its permissions.",
    "읽거나 쓸 권한이 없습니다. 권한을 확인해 주세요.",
  ],

  [
    "{} is being written by another process. Wait for it, end it, or choose another file with --output.",
    "다른 프로세스가 {1}에 쓰고 있습니다. 끝나기를 기다리거나, 그 프로세스를 끝내거나, --output으로 다른 파일을 골라 주세요.",
  ],
  [
    'There is no folder {}. "deno task start" makes a run; --output names its folder.',
    "그런 폴더가 없습니다: {1}. deno task start로 실행한 다음 --output으로 그 폴더를 적어 주세요.",
  ],

  // tables of songs
  ["{n} problems.", "문제가 {1}가지 있습니다."],
  [
    "this is a folder, not a file. Check the path; it is looked up from {}.",
    "파일이 아니라 폴더입니다. 경로를 확인해 주세요. {1}에서 찾습니다.",
  ],
  [
    "the file is empty. It must begin with the header {}.",
    "빈 파일입니다. 첫 줄에 열 이름이 있어야 합니다: {1}.",
  ],
  [
    "the file has a header, but no songs. Write each song in a line of its own.",
    "열 이름만 있고 노래가 없습니다. 한 줄에 한 곡씩 적어 주세요.",
  ],
  [
    "this is a zip archive (an Excel workbook is one), not text. Open it in Excel and save it as CSV UTF-8; or unpack the archive.",
    "텍스트가 아니라 엑셀 파일(.xlsx)이나 zip 파일입니다. 엑셀에서 열어 ‘CSV UTF-8’ 형식으로 저장해 주세요. zip 파일이라면 먼저 압축을 풀어 주세요.",
  ],
  [
    "this is a document of an older Office (an .xls workbook is one), not text. Open it in Excel and save it as CSV UTF-8.",
    "텍스트가 아니라 옛 엑셀 파일(.xls)입니다. 엑셀에서 열어 ‘CSV UTF-8’ 형식으로 저장해 주세요.",
  ],
  [
    "this is a Git LFS pointer, which stands for a file that was not downloaded. Run git lfs pull in the folder it came from, which puts the file itself here.",
    "파일의 내용이 아니라 Git LFS 포인터입니다. 저장소 폴더에서 git lfs pull을 실행해 파일을 내려받아 주세요.",
  ],
  [
    "this is packed with gzip. Unpack it first, for example with gunzip.",
    "gzip으로 압축된 파일입니다. 먼저 압축을 풀어 주세요(예: gunzip).",
  ],
  [
    "this is a Parquet file, not text. Only a table of songs may be Parquet: save this as text in UTF-8.",
    "텍스트가 아니라 Parquet 파일입니다. Parquet은 노래 표에만 쓸 수 있으니 UTF-8 텍스트로 저장해 주세요.",
  ],
  [
    "the Parquet file cannot be read ({}). See whether it is whole, and write it again where it is not.",
    "Parquet 파일을 읽을 수 없습니다({1}). 파일이 온전한지 보고, 아니라면 다시 만들어 주세요.",
  ],
  ["this is UTF-32.", "UTF-32로 저장된 파일입니다."],
  ["this is {}, not a table.", "노래 표가 아닙니다({1})."],
  [
    "Write it as CSV with a header, as pandas' to_csv does.",
    "첫 줄에 열 이름이 있는 CSV로 바꿔 주세요(pandas라면 to_csv).",
  ],
  [
    "Open it in a spreadsheet and save it as CSV UTF-8.",
    "스프레드시트에서 열어 ‘CSV UTF-8’ 형식으로 저장해 주세요.",
  ],
  ["the column is missing.", "열이 없습니다."],
  [
    "The header names {}; it must name {}, or {}. Rename what holds {}.",
    "첫 줄에 있는 열은 {1}이고, 있어야 하는 열은 {3}({2})입니다. 해당하는 열의 이름을 바꿔 주세요.",
  ],
  ["the columns {} and {} may both be meant.", "{1} 열일 수도 있고 {2} 열일 수도 있습니다."],
  [
    "the columns {} and {} may both be meant by {}, so that neither is taken.",
    "{1} 열일 수도 있고 {2} 열일 수도 있어 {3} 열은 없는 것으로 봅니다.",
  ],
  ["Rename the one that is meant to {}.", "맞는 열의 이름을 다음으로 바꿔 주세요: {1}."],
  [
    "two columns have this name. Rename one of them, or take it out.",
    "이름이 같은 열이 둘 있습니다. 하나의 이름을 바꾸거나 빼 주세요.",
  ],
  [
    "all {n} songs have the genre {}, and there must be at least two to tell apart.",
    "{1}곡이 모두 한 장르({2})입니다. 구별하려면 장르가 둘 이상이어야 합니다.",
  ],
  ["Add songs of another genre.", "다른 장르의 노래를 더해 주세요."],
  ["Give --genres more of the table's genres.", "--genres에 표의 장르를 더 적어 주세요."],
  [
    "No song has the genre {}. The songs' genres: {}.",
    "이런 장르의 노래가 없습니다: {1}. 표에 있는 장르: {2}.",
  ],
  [
    "no song has lyrics and a genre, so there is nothing to learn from. Fill these columns.",
    "가사와 장르가 모두 있는 노래가 없어 배울 것이 없습니다. 두 열을 채워 주세요.",
  ],
  [
    "{n} test and {n} validation songs were asked for, but only {n} of {n} songs can leave the training part, which needs a song of each of {n} genres (and all songs that hang together with it). Give a larger table, or choose only genres that have more songs (--genres).",
    "테스트 {1}곡과 검증 {2}곡이 필요한데, 학습 쪽에 장르({5}가지)마다 한 곡씩 두고 나면 {4}곡 가운데 {3}곡만 남습니다. 노래를 더하거나, --genres로 곡이 많은 장르만 골라 주세요.",
  ],
  [
    "{n} test and {n} validation songs leave nothing of {n} songs to train on. Ask for fewer.",
    "테스트 {1}곡과 검증 {2}곡을 빼면 {3}곡 가운데 학습할 노래가 남지 않습니다. 더 적게 잡아 주세요.",
  ],
  [
    "a double quote is missing or out of place in the record that starts on line {n}.",
    "{1}번째 줄에서 시작하는 노래의 큰따옴표가 빠졌거나 잘못된 곳에 있습니다.",
  ],
  [
    'Inside a quoted field write "" for a quote; close the field with one quote before the comma or line end.',
    '따옴표로 감싼 칸 안의 큰따옴표는 ""로 두 번 쓰고, 칸의 끝(쉼표나 줄 끝 앞)은 큰따옴표 하나로 닫아 주세요.',
  ],
  ["the records from here on are too long for songs.", "여기부터는 한 곡이라기에 너무 깁니다."],
  [
    'See whether a double quote is missing: inside a quoted field write "" for a quote.',
    '큰따옴표가 빠진 곳이 없는지 봐 주세요. 따옴표로 감싼 칸 안의 큰따옴표는 ""로 두 번 씁니다.',
  ],
  ["the record has {n} fields, the header {n}.", "이 줄에는 칸이 {1}개인데 첫 줄의 열은 {2}개입니다."],
  [
    "Put a field that holds a separator, a quote or a line break in double quotes, and double the quotes in it.",
    "구분 기호나 따옴표, 줄바꿈이 든 칸은 큰따옴표로 감싸고, 그 안의 큰따옴표는 두 번 써 주세요.",
  ],
  ["the song on line {n} has the same id.", "{1}번째 줄의 노래와 아이디가 같습니다."],
  [
    "Give each song an id of its own, or take one of the two out.",
    "노래마다 다른 아이디를 주거나, 둘 가운데 하나를 빼 주세요.",
  ],
  ["byte {n} is zero, which no text has.", "텍스트에 없는 바이트(0)가 {1}번째 자리에 있습니다."],
  [
    "neither UTF-8 (wrong from byte {n}, line {n}) nor CP949 (wrong from byte {n}).",
    "UTF-8도 CP949도 아닙니다(UTF-8로는 {1}번째 바이트({2}번째 줄)부터, CP949로는 {3}번째 바이트부터 읽을 수 없습니다).",
  ],
  ["… and {n} more problems like these.", "… 이런 문제가 {1}가지 더 있습니다."],
  [
    "Save the file as text in UTF-8, or mend that line.",
    "파일을 UTF-8 텍스트로 저장하거나 그 줄을 고쳐 주세요.",
  ],
  ["Save the file as text in UTF-8.", "파일을 UTF-8 텍스트로 저장해 주세요."],

  ["the file of genre names is empty.", "장르 이름 파일이 비어 있습니다."],
  ["the genre names cannot be read ({}).", "장르 이름 파일을 읽을 수 없습니다({1})."],
  ["the name has no code.", "이름에 번호나 코드가 없습니다."],
  ["the code has no name.", "번호나 코드에 이름이 없습니다."],
  ["code {} is there twice.", "코드 {1}이(가) 두 번 나옵니다."],
  [
    'Use ["발라드", "댄스"], {"0": "발라드"}, lines such as 0,발라드 or GN0100,발라드, or one name a line.',
    '["발라드", "댄스"], {"0": "발라드"}, 0,발라드나 GN0100,발라드 같은 줄, 또는 한 줄에 이름 하나씩 적어 주세요.',
  ],
  [
    "this line is empty, and the codes of the names below it depend on whether it counts.",
    "빈 줄입니다. 이 줄을 세는지에 따라 아래 이름들의 번호가 달라집니다.",
  ],
  [
    "Take the line out, or write codes and names where code {n} has no name: 0,발라드.",
    "빈 줄을 지우거나, {1}번에 이름이 없는 것이라면 0,발라드처럼 번호와 이름을 함께 적어 주세요.",
  ],

  // models
  [
    "There is no folder {}, and it is not the id of a model on the Hub, owner/name or owner/name@revision.",
    "그런 폴더가 없고, Hub의 모델 이름(소유자/이름)도 아닙니다: {1}.",
  ],
  [
    "Cannot reach {} ({}).",
    "{1}에 연결할 수 없습니다.",
  ],
  [
    "Where there is a network, download the files from {} (config.json, {}), for instance by {}; copy the folder here and give its path in place of {}.",
    "네트워크가 되는 곳에서 {1}의 파일을 내려받아 폴더째 이 컴퓨터로 옮긴 다음, {4} 대신 그 폴더를 적어 주세요.",
  ],
  [
    "{} is not the folder of a model, but has {} inside: did you mean {}?",
    "{1}은(는) 모델 폴더가 아니고, 모델은 그 안에 있습니다. 혹시 {3}인가요?",
  ],
  [
    "{} is a file: give the folder that holds it.",
    "폴더가 아니라 파일입니다: {1}. 그 파일이 든 폴더를 적어 주세요.",
  ],
  [
    "Offline, and the cache has no complete {} ({}).",
    "네트워크를 쓰지 않게 되어 있는데, 캐시에 온전한 {1} 모델이 없습니다({2}).",
  ],
  ["{} names files that are not there: {}.", "{1}에 적힌 파일이 없습니다: {2}."],
  ["Download or copy them too.", "그 파일도 내려받거나 옮겨 주세요."],
  [
    "{} ends after {n} bytes, where {n} are needed: the file is truncated.",
    "파일이 중간에 끊겼습니다: {1}({3}바이트여야 하는데 {2}바이트뿐입니다).",
  ],
  ["Download or copy it again.", "다시 내려받거나 옮겨 주세요."],
  [
    "The weights in {} do not fit {} ({n} {}):",
    "가중치({1})가 설정({2})과 맞지 않습니다(매개변수 {3}개):",
  ],
  ["There is no tokenizer at {}: no such file or folder.", "토크나이저가 없습니다: {1}."],
  ["{} has no tokenizer.", "토크나이저가 없습니다: {1}."],
  [
    "Looked for *.model or *.spiece (SentencePiece), tokenizer.json, vocab.txt; there is {}.",
    "찾은 파일은 *.model, *.spiece(SentencePiece), tokenizer.json, vocab.txt이고, 있는 것은 {1}입니다.",
  ],
  [
    "LoRA: the rank of {} is {n}, and the layer itself is only {}: adapters are there to have a lower rank than that; 8 to 64 is usual.",
    "LoRA: {1}의 랭크가 {2}인데 그 층은 {3}입니다. 랭크는 층보다 작아야 뜻이 있습니다. 흔히 8에서 64까지 씁니다.",
  ],
  [
    "Recipe: loraRank adapts a pretrained checkpoint, and this model starts from scratch: all of it has to be trained.",
    "LoRA는 사전학습한 체크포인트에 씁니다. 이 모델은 처음부터 배우므로 전체를 학습해야 합니다.",
  ],
  [
    "bf16 needs the TensorFlow engine; here WebAssembly runs. Use --precision float32.",
    "bf16은 TensorFlow 엔진에서만 됩니다. 지금은 WebAssembly이니 --precision float32로 실행해 주세요.",
  ],
  [
    "Step {n}: {}. Songs of the batch: {}.",
    "{1}번째 스텝에서 손실이나 기울기가 숫자가 아닙니다. 그 배치의 곡: {3}.",
  ],
  [
    "Try a smaller learning rate, more warmup, gradient clipping, or float32 precision; the last checkpoint is as it was.",
    "학습률을 낮추거나, 워밍업을 늘리거나, 기울기 클리핑이나 float32를 써 보세요. 마지막 체크포인트는 그대로 있습니다.",
  ],
  [
    "The model gives no number (loss {}) for the songs {}: its weights are damaged, or a training diverged. Load another checkpoint, or train with a smaller learning rate.",
    "모델의 답이 숫자가 아닙니다(손실 {1}, 곡 {2}). 가중치가 깨졌거나 학습이 발산했습니다. 다른 체크포인트를 쓰거나 학습률을 낮춰 다시 학습해 주세요.",
  ],
  [
    "{n} % of the texts' tokens are unknown to the tokenizer ({}): a model would learn and tell next to nothing from them.",
    "글의 토큰 가운데 {1}%가 토크나이저({2})에 없는 것이라, 모델이 배우거나 답할 것이 거의 없습니다.",
  ],
  [
    "{} has no config.json: it is not a checkpoint in Hugging Face's layout.",
    "{1}에 config.json이 없습니다. Hugging Face 형식의 체크포인트가 아닙니다.",
  ],
  [
    "There is no model yet in {} or {}: {} makes one; --model names another.",
    "학습한 모델이 아직 없습니다({1}, {2}). deno task train이나 deno task start로 만들거나, --model로 다른 모델을 적어 주세요.",
  ],
  [
    "{} has no trained classifier in it: its files lack {}, which would be random numbers, and so would its answers. Train it first: {}",
    "{1}: 아직 장르를 배우지 않은 모델이라 답이 우연일 뿐입니다. 먼저 학습해 주세요: {3}",
  ],
  [
    '{} has no run in it. "deno task start" or "deno task train" makes one; --output names its folder.',
    "{1}에는 실행한 결과가 없습니다. deno task start나 deno task train으로 만들고, --output으로 그 폴더를 적어 주세요.",
  ],
  ["this is no JSON ({}).", "JSON 파일이 아닙니다."],
  ['See "deno task folds -- --help" for its form.', '형식은 "deno task folds -- --help"에 있습니다.'],
  [
    "--model {} is a model from scratch, which tells no genres yet. {} makes one that does, in {}.",
    "--model {1}: 아직 아무것도 배우지 않은 모델입니다. {2} 명령으로 학습하면 {3}에 생깁니다.",
  ],
  [
    "{} has learnt its words by its own tokenizer; by {} it would take them for others.",
    "{1}: 자기 토크나이저로 낱말을 배운 모델이라, {2}로 나누면 다른 낱말로 알아듣습니다.",
  ],
  [
    "A tokenizer of your own goes with a model from scratch: {}",
    "다른 토크나이저는 처음부터 배우는 모델에 씁니다: {1}",
  ],
  [
    "This training needs about {} of memory more, and {} are free.",
    "이 학습에는 메모리가 {1}쯤 더 필요한데 남은 것은 {2}입니다.",
  ],
  [
    "{} belongs to another training, which this one cannot resume:",
    "{1}에는 다른 학습이 있어 이어서 할 수 없습니다.",
  ],
  [
    "Use the same settings, data and model, or another output folder, or start anew there (--anew).",
    "설정과 데이터와 모델을 그대로 쓰거나, 다른 출력 폴더를 고르거나, --anew로 새로 시작해 주세요.",
  ],
  ["The TensorFlow engine cannot start: {}", "TensorFlow를 시작할 수 없습니다: {1}"],

  ["{} has another run, of {} UTC", "{1}에는 {2}(UTC)에 시작한 다른 실행이 있습니다."],
  [
    "{} has another run: it reads other texts, or by another tokenizer, --max-length or --seed. Give another --output; or --anew, which keeps that run elsewhere and starts over.",
    "{1}에는 다른 실행이 있습니다(읽은 글이나 토크나이저, --max-length, --seed가 다릅니다). 다른 --output을 주거나, --anew로 그 실행을 다른 곳에 옮겨 두고 새로 시작해 주세요.",
  ],
  [
    "Beside {} is what another run has written of its predictions before it was cut off:",
    "{1} 옆에 다른 실행이 쓰다 만 답이 있습니다:",
  ],
  [
    "Give another --output; or --anew, which starts over.",
    "다른 --output을 주거나, --anew로 새로 시작해 주세요.",
  ],
  [
    "{} lists {n} of {n} songs in vain: {} does not have them, or without lyrics or one of the genres: {}.",
    "{1}에 적힌 {3}곡 가운데 {2}곡이 {4}에 없거나, 가사나 장르가 없습니다: {5}.",
  ],
  [
    "Take them out of the one file, or complete the other.",
    "한쪽 파일에서 빼거나 다른 쪽 파일을 채워 주세요.",
  ],
  ['"genres" must be a list of names.', '"genres"는 장르 이름의 목록이어야 합니다.'],
  [
    "the song {} is in {} twice; each song is tested once.",
    "{1}번 노래가 {2}에 두 번 나옵니다. 노래마다 한 번만 테스트합니다.",
  ],
  [
    "{} has no executed notebooks: these are slides of the project's own, of the bundled songs.",
    "{1}에는 실행한 노트북이 없어, 프로젝트에 들어 있는 노트북(함께 들어 있는 노래)으로 슬라이드를 만듭니다.",
  ],
  ['{} has a run of "deno task train".', "{1}에는 deno task train의 실행이 있습니다."],
  ["{} there, {} here", "{1}(그 실행), {2}(지금)"],
  [
    "Give another --output; or --anew, which keeps that run in {} and starts over.",
    "다른 --output을 주거나, --anew로 그 실행을 {1}에 옮겨 두고 새로 시작해 주세요.",
  ],
  [
    "its {n} songs of {n} genres have {n} different lyrics, which is too few: songs with the same lyrics stay together.",
    "노래 {1}곡(장르 {2}가지)에 서로 다른 가사가 {3}편뿐이라 모자랍니다. 가사가 같은 노래는 나눌 때 한쪽에 둡니다.",
  ],
  ["its {n} songs of {n} genres are too few.", "노래 {1}곡(장르 {2}가지)으로는 모자랍니다."],
  [
    "A song of each genre is needed to learn from, {n} to validate and {n} to test on.",
    "장르마다 학습할 노래 한 곡과 검증할 {1}곡, 테스트할 {2}곡이 있어야 합니다.",
  ],
  ["Give more songs with lyrics of their own.", "가사가 다른 노래를 더해 주세요."],
  [
    "Give more songs of each genre, or name fewer genres to tell apart (--genres).",
    "장르마다 노래를 더하거나, --genres로 장르를 줄여 주세요.",
  ],
  ["Give more songs of each genre.", "장르마다 노래를 더해 주세요."],
  [
    "{} lists the pieces of a SentencePiece model ({n} of {n} begin with ▁, as KoBERT's do), and the model is not beside it.",
    "{1}: SentencePiece 모델의 조각 목록인데({3}개 중 {2}개가 KoBERT처럼 ▁로 시작), 같은 폴더에 모델 파일이 없습니다.",
  ],
  [
    "Copy its file there: spiece.model, tokenizer_78b3253a26.model or another *.model or *.spiece of the place this vocabulary is from.",
    "이 목록을 가져온 곳에서 spiece.model, tokenizer_78b3253a26.model 같은 모델 파일(*.model, *.spiece)도 그 폴더에 복사해 주세요.",
  ],
  [
    '{} is a Git LFS pointer, not the file itself: run "git lfs pull" in its folder, or download the file.',
    "{1}: 파일의 내용이 아니라 Git LFS 포인터입니다. 그 폴더에서 git lfs pull을 실행하거나 파일을 내려받아 주세요.",
  ],
  [
    "{} holds no weights. Looked for {}.",
    "{1}에 가중치 파일이 없습니다. 찾은 이름은 {2}입니다.",
  ],
  [
    "It has {}: if that is what Python saved of the model's weights (a state dict), give it the name that is looked for: {}",
    "대신 있는 파일은 {1}입니다. Python에서 저장한 가중치(state dict)라면 이름을 바꿔 주세요: {2}",
  ],
  ["Is it the folder of a model?", "모델 폴더가 맞는지 확인해 주세요."],
  [
    "the tokenizer ({}) has no padding token: shorter texts are filled up with tokens that the model does not see, which changes nothing here; Python needs one to take several texts at once ({} in tokenizer_config.json)",
    "토크나이저({1})에 패딩 토큰이 없습니다. 여기서는 모델이 보지 않는 토큰으로 채우므로 결과가 같지만, Python에서 여러 글을 한꺼번에 다루려면 있어야 합니다(tokenizer_config.json에 {2}).",
  ],
  [
    "the tokenizer ({}) has {n} tokens, the model {n}: if the model has not read with this tokenizer, its ids stand for other words, and the answers mean nothing",
    "토크나이저({1})의 토큰은 {2}개, 모델의 토큰은 {3}개입니다. 모델이 이 토크나이저로 글을 읽은 것이 아니라면 번호가 다른 낱말을 가리켜 답에 뜻이 없습니다.",
  ],
  [
    "{} has {n} tokens, the model in {} {n}: they do not belong together.",
    "토크나이저({1})의 토큰은 {2}개인데 {3} 모델의 토큰은 {4}개라 함께 쓸 수 없습니다.",
  ],
  [
    "a new head: the checkpoint's was for {}",
    "헤드를 새로 만들었습니다. 체크포인트의 것은 쓰임이 다릅니다({1}).",
  ],
  ["(the table lacks {n} more)", "(표에 없는 것이 {1}곡 더 있습니다)"],
  ["; left out: {} (--all takes every song)", "(뺀 노래: {1}. --all이면 모두 평가)"],

  // predict, evaluate, pretrain
  [
    'Say which songs: --songs FILES, tables, or --text "…", lyrics.',
    '어떤 노래인지 적어 주세요: 표는 --songs 파일, 가사는 --text "…".',
  ],
  [
    '--songs and --text are given; give one: --songs FILES, tables, or --text "…", lyrics.',
    "--songs와 --text 가운데 하나만 적어 주세요.",
  ],
  [
    "--json and --output - would both print to standard output; leave one out.",
    "--json과 --output -는 둘 다 표준 출력에 씁니다. 하나를 빼 주세요.",
  ],
  [
    'The text "{}" holds no letter or digit: there is nothing to tell a genre by.',
    '"{1}"에는 글자도 숫자도 없어 장르를 맞힐 수 없습니다.',
  ],
  [
    "--genres: the model {} does not tell {}.",
    "--genres: 모델 {1}에 없는 장르입니다: {2}.",
  ],
  ["no song has a genre that the model {} tells.", "모델 {1}에 있는 장르의 노래가 없습니다."],
  ["It tells {}.", "모델의 장르: {1}."],
  ["The songs' genres: {}.", "표의 장르: {1}."],
  [
    "Give the table the model's names, or say in --genre-names FILE what its own stand for.",
    "표의 장르를 모델의 장르 이름으로 바꾸거나, 표의 이름이나 번호가 무슨 장르인지 --genre-names 파일로 알려 주세요.",
  ],
  [
    "no song is left to measure on. Give a table with lyrics and genres.",
    "평가할 노래가 남지 않았습니다. 가사와 장르가 있는 표를 주세요.",
  ],
  [
    "the model was trained on all {n} songs. Give other songs, or measure on these with --all.",
    "{1}곡 모두 모델이 학습한 노래입니다. 다른 노래를 주거나, --all로 이 노래들을 그대로 평가해 주세요.",
  ],
  [
    "{} holds what is no result of this command ({}), and its results would lie among that; choose an empty or a new folder, for example {}.",
    "{1} 폴더에는 이 명령의 결과가 아닌 것이 들어 있습니다({2}). 결과가 그 사이에 섞이지 않도록 비어 있는 폴더나 새 폴더를 골라 주세요. 예: {3}.",
  ],
  [
    "{} is not there: --text takes a text file, or a folder of .txt files.",
    "{1}: 없는 파일입니다. --text에는 텍스트 파일이나 .txt 파일이 든 폴더를 적습니다.",
  ],
  [
    "{} is not there: the figures of NSMC stay as they are.",
    "{1}: 없는 폴더입니다. NSMC 결과는 그대로 둡니다.",
  ],
  [
    "There is nothing to train on: none of the texts holds a word.",
    "낱말이 든 글이 하나도 없어 배울 것이 없습니다.",
  ],

  // the program's own faults
  [
    "This is a fault of the program, not yours; --debug shows where it stands, for a report.",
    "사용자가 아니라 프로그램의 잘못입니다. --debug를 붙이면 어디에서 났는지 보여 주니, 그대로 알려 주세요.",
  ],

  // notes of a table
  ["read as {}, for it is not UTF-8.", "UTF-8이 아니어서 {1} 인코딩으로 읽었습니다."],
  ["the columns are parted by {}; read so.", "열을 나눈 문자: {1}."],
  ["columns by other names: {}.", "열 이름을 이렇게 알아보았습니다: {1}."],
  ["there is no column {}; taken as missing.", "없는 열은 빈 것으로 봅니다: {1}."],
  ["left out the column {}.", "쓰지 않는 열: {1}."],
  ["values such as {} are taken as missing: {}.", "{1} 같은 값은 빈 것으로 봅니다: {2}."],
  [
    "{n} of {n} songs have no id and are named after what they hold: {}.",
    "{2}곡 가운데 {1}곡은 아이디가 없어 내용을 따서 지었습니다: {3}.",
  ],
  [
    "the genres of {n} {} are codes such as {}, taken as names.",
    "{1}곡의 장르가 {3} 같은 번호나 코드여서 그대로 이름으로 씁니다.",
  ],
  [
    "Say what they stand for with --genre-names FILE (genreNames of readSongs).",
    "무슨 장르인지는 --genre-names 파일로 알려 주세요.",
  ],
  ["the genre names say nothing of {}; taken as names.", "장르 이름 파일에 없어 그대로 쓰는 장르: {1}."],
  ["values that cannot be read are taken as missing: {}.", "읽을 수 없는 값은 빈 것으로 봅니다: {1}."],
  ["{n} songs, {n} kept (dropped {})", "{1}곡 가운데 {2}곡을 씁니다(뺀 노래: {3})"],
  ["{n} songs, {n} kept", "{1}곡 가운데 {2}곡을 씁니다"],
  ["{n} songs in the table", "표에 {1}곡이 있습니다"],
  ["{n} tables with {n} songs", "표 {1}개에 {2}곡이 있습니다"],
  [
    "The table is read from standard input; Ctrl-D ends it.",
    "표를 표준 입력에서 읽습니다. Ctrl-D를 누르면 끝납니다.",
  ],

  // first lines
  ["Engine: {}", "엔진: {1}"],
  [
    "{n} songs train, {n} validate, {n} test; {n} genres",
    "학습 {1}곡, 검증 {2}곡, 테스트 {3}곡, 장르 {4}가지",
  ],
  ["all weights are freshly drawn", "가중치를 모두 새로 만들었습니다"],
  ["freshly drawn: {}", "체크포인트에 없어 새로 만든 가중치: {1}"],
  ["in the checkpoint but not used: {}", "체크포인트에 있지만 쓰지 않는 가중치: {1}"],
  ["{n} million parameters, recipe {}", "매개변수 {1}M개, 레시피 {2}"],
  ["{n} million parameters, {}, recipe {}", "매개변수 {1}M개, {2}, 레시피 {3}"],
  ["Going on after step {n} of {n}.", "{2}스텝 가운데 {1}스텝까지 되어 있어 그다음부터 합니다."],
  [
    "{} has seen {n} of the {n} test songs in an earlier training: the figures may be too good.",
    "{1}: 테스트 {3}곡 가운데 {2}곡을 지난 학습에서 본 모델이라 결과가 실제보다 좋게 나올 수 있습니다.",
  ],
  ["{} has read the songs' lyrics {n} times: {}", "{1}: 노래 가사를 {2}번 읽었습니다: {3}"],
  ["{n} texts, {n} validate, {n} tokens in {n} rows", "글 {1}개(검증 {2}개), {4}행에 토큰 {3}개"],
  ["{n} texts, {n} tokens in {n} rows", "글 {1}개, {3}행에 토큰 {2}개"],
  [
    "{n} % of the texts' tokens are unknown to the tokenizer ({}): what these words are is lost on the model.",
    "토큰의 {1}%를 토크나이저가 모릅니다({2}). 모델은 그 낱말이 무엇인지 알 수 없습니다.",
  ],
  [
    "A tokenizer for the texts' language and writing has 0 to 2 %.",
    "글에 맞는 토크나이저라면 0~2%입니다.",
  ],
  [
    "All {n} songs of the table, those that the model was trained on included",
    "모델이 학습한 노래까지 표의 {1}곡 모두로 평가합니다",
  ],
  [
    "All {n} songs of the table. Nothing beside the model says which songs it was trained on: where some of these are among them, the figures are too good.",
    "표의 {1}곡 모두로 평가합니다. 모델이 어떤 노래로 학습했는지 기록이 없어, 그 노래가 섞여 있으면 결과가 실제보다 좋게 나옵니다.",
  ],
  [
    "The {n} test songs of the model's own split",
    "모델을 학습할 때 떼어 둔 테스트 {1}곡으로 평가합니다",
  ],
  ["{n} songs that the model has not seen in training", "모델이 학습에서 보지 않은 {1}곡으로 평가합니다"],
  [
    "the model does not tell {}; songs that have no other genre are left out.",
    "모델에 없는 장르뿐인 노래는 뺍니다: {1}.",
  ],
  ["Share {n} of {n}: {n} songs, from number {n}", "{2}등분한 {1}번째: {4}번부터 {3}곡"],
  [
    "{n} songs of {n} chart entries, {n} of them without lyrics.",
    "차트 항목 {2}개에서 {1}곡을 모았습니다. 그 가운데 {3}곡은 가사가 없습니다.",
  ],
  ["{n} of the {n} listed songs, {n} genres, {}", "목록의 {2}곡 가운데 {1}곡, 장르 {3}가지, {4}"],
  [
    "{n} songs train, {n} validate, {n} test; {n} with the lyrics of a test song are left out",
    "학습 {1}곡, 검증 {2}곡, 테스트 {3}곡(테스트 곡과 가사가 같은 {4}곡은 뺐습니다)",
  ],
  ["{n} songs train, {n} validate, {n} test", "학습 {1}곡, 검증 {2}곡, 테스트 {3}곡"],

  // the set-up
  ["Setting up", "필요한 것을 설치합니다"],
  [
    "Another set-up runs (process {}); waiting for it.",
    "다른 설치가 진행되고 있어(프로세스 {1}) 끝나기를 기다립니다.",
  ],
  [
    "WebAssembly does the maths, several times slower than TensorFlow: {}.",
    "TensorFlow를 쓸 수 없어 몇 배 느린 WebAssembly로 계산합니다: {1}.",
  ],
  ['"deno task setup" tries again.', '"deno task setup"으로 다시 해 볼 수 있습니다.'],

  ["TensorFlow cannot be set up: {}.", "TensorFlow를 설치할 수 없습니다: {1}."],

  // settings, recipes, texts
  [
    "There is no setting {} in {}; there are {}.",
    "그런 설정은 없습니다: {1}. 있는 설정: {3}.",
  ],
  ["The recipe has no field {}; it has {}.", "레시피에 그런 항목은 없습니다: {1}. 있는 항목: {2}."],
  ["{} must be a file here, not standard output (-).", "{1}에는 표준 출력(-)이 아니라 파일을 적어 주세요."],
  [
    "Take a model whose tokenizer is for the language of these texts (--model), or another tokenizer for a model from scratch (--tokenizer); if it is for this language, a file of it is missing (a vocab.txt without its SentencePiece model), or the texts' file was read in a wrong encoding.",
    "이 글의 언어에 맞는 모델(--model)이나, 처음부터 배우는 모델이라면 다른 토크나이저(--tokenizer)를 골라 주세요. 언어가 맞는데도 이렇다면 토크나이저의 파일이 빠졌거나(vocab.txt만 있고 SentencePiece 모델이 없음) 글을 틀린 인코딩으로 읽은 것입니다.",
  ],
  [
    "{} has no .txt file: name the files themselves with --text FILE.",
    "{1} 폴더에 .txt 파일이 없습니다. --text 파일처럼 파일을 직접 적어 주세요.",
  ],
  ["{} holds no text.", "{1}에 글이 없습니다."],
  [
    "This is how it reads with --separator {}; left out, the separator is found in the file.",
    "--separator {1}로 읽은 결과입니다. 이 옵션을 빼면 구분자를 파일에서 찾습니다.",
  ],
  [
    "{} is not there: give the folder with the charts' JSON files.",
    "없는 폴더입니다: {1}. 차트의 JSON 파일이 든 폴더를 적어 주세요.",
  ],
  [
    "{} has no JSON file: give the folder with the charts.",
    "{1}에 JSON 파일이 없습니다. 차트가 든 폴더를 적어 주세요.",
  ],

  // last lines
  [
    "Stopped after step {n}; the same command goes on from there.",
    "{1}스텝까지 하고 멈췄습니다. 같은 명령을 다시 실행하면 이어서 합니다.",
  ],
  [
    "Stopped before the training; the same command goes on from there.",
    "학습을 시작하기 전에 멈췄습니다. 같은 명령을 다시 실행하면 이어서 합니다.",
  ],
  [
    "Stopped after {n} songs; the same command goes on from there ({}).",
    "{1}곡까지 하고 멈췄습니다. 같은 명령을 다시 실행하면 이어서 합니다({2}).",
  ],
  ["Stopped after {n} songs.", "{1}곡까지 하고 멈췄습니다."],
  ["Stopped; the same command goes on from there.", "멈췄습니다. 같은 명령을 다시 실행하면 이어서 합니다."],
  ["Stopped. The same command goes on from there.", "멈췄습니다. 같은 명령을 다시 실행하면 이어서 합니다."],
  ["The same command goes on from there.", "같은 명령을 다시 실행하면 이어서 합니다."],
  ["The earlier run in {} is kept in {}; it is another:", "{1}에 있던 다른 실행은 {2}에 옮겨 두었습니다."],
  ["The earlier run in {} is kept in {}.", "{1}에 있던 지난 실행은 {2}에 옮겨 두었습니다."],
  [
    "Model: {}; test_metrics.json, predictions.csv and history.jsonl beside it.",
    "모델: {1}. 같은 폴더에 test_metrics.json, predictions.csv, history.jsonl이 있습니다.",
  ],
  ["Model: {}; fine-tune it with {}", "모델: {1}. 미세조정하려면: {2}"],
  [
    "Model: {}, of {}, newer than {} (--model names another)",
    "모델: {1}, {2}에 만든 것으로 {3}보다 새것입니다. 다른 모델은 --model로 적습니다.",
  ],
  [
    "Model: {}, of {} (--model names another)",
    "모델: {1}, {2}에 만든 것입니다. 다른 모델은 --model로 적습니다.",
  ],
  ["Merged: {}", "합친 모델: {1}"],
  ["{n} songs are done already; going on after them.", "{1}곡은 이미 되어 있어 그다음부터 합니다."],
  [
    "{n} songs: {}; {n} have no lyrics, and no answer in their rows",
    "{1}곡: {2}. 가사가 없는 {3}곡은 답을 비워 두었습니다",
  ],
  ["{n} songs: {}", "{1}곡: {2}"],
  ["metrics.json and predictions.csv are in {}", "metrics.json과 predictions.csv를 둔 곳: {1}"],
  ["Executed notebooks: {}", "실행한 노트북: {1}"],
  ["Model, history and metrics: {}", "모델, 기록, 수치: {1}"],
  ["Report: {}", "보고서: {1}"],
  [
    "Test songs: accuracy per instance (as the study counts), per song (right if any of its genres), {}",
    "테스트 곡: 인스턴스별 정확도(연구에서 세는 방식), 곡별 정확도(장르 하나라도 맞으면 정답), {1}",
  ],
  ["Time: set-up {} s, notebooks {} s", "시간: 설치 {1}초, 노트북 {2}초"],
  [
    "The run of {} is whole: there is nothing left to do. --anew runs all of it again.",
    "{1}에 시작한 실행은 모두 끝나 더 할 일이 없습니다. --anew를 붙이면 처음부터 다시 실행합니다.",
  ],
  [
    "Going on with the run of {}, after {} s of notebooks",
    "{1}에 시작한 실행을 이어서 합니다(지금까지 노트북 {2}초)",
  ],
  ["{} has another run", "{1}에는 다른 실행이 있습니다"],
  [
    "Notebook 4 will not mix the two. --anew keeps that run elsewhere; --output takes another folder",
    "4번 노트북은 둘을 섞지 않습니다. --anew를 붙이면 그 실행을 다른 곳에 옮겨 두고, --output으로 다른 폴더를 쓸 수도 있습니다",
  ],
  [
    "None of the folds was run yet: the table is of {} alone.",
    "폴드는 아직 하나도 돌리지 않아, 표에는 {1}만 있습니다.",
  ],
  [
    "The table needs the results of tfidf: add it to --models.",
    "표를 만들려면 tfidf의 결과가 있어야 합니다. --models에 tfidf를 더해 주세요.",
  ],
  [
    "Of {}, seed {n}; networks: {n} epochs, batch {n}.",
    "노래 {1}, 시드 {2}. 신경망은 에폭 {3}번, 배치 {4}.",
  ],
  ["Since then: {}", "그 뒤 바뀐 것: {1}"],
  ["Figures: {}", "수치: {1}"],
  ["{} was interrupted {}.", "{1}: {2} 멈췄습니다."],
  ["{} came to an error {}:", "{1}: {2} 오류가 났습니다:"],
  ["interrupted; waiting for its cell to end", "멈추는 중입니다. 실행 중인 셀이 끝나기를 기다립니다."],
  ["What ran is in {}.", "실행한 데까지는 {1}에 있습니다."],

  // splits, parts, charts
  [
    "no song has lyrics and one of the genres {}, so there is nothing to learn from.",
    "가사가 있으면서 고른 장르({1})에 드는 노래가 없어 배울 것이 없습니다.",
  ],
  ["Give --genres names that the table has.", "--genres에는 표에 있는 장르 이름을 적어 주세요."],
  [
    "the only song has the genre {}, and there must be at least two to tell apart.",
    "노래가 한 곡뿐이고 그 장르는 {1}입니다. 구별하려면 장르가 둘 이상이어야 합니다.",
  ],
  ["No genre is chosen.", "고른 장르가 없습니다."],
  [
    "{n} of {n} test ids are not among the {n} songs: {}.",
    "테스트할 아이디 {2}개 가운데 {1}개가 노래 {3}곡에 없습니다: {4}.",
  ],
  [
    "Give ids that the songs have, before dropping any of them in cleaning.",
    "노래에 있는 아이디를 적어 주세요. 정리하면서 빠지기 전의 표를 기준으로 합니다.",
  ],
  ["The list of test ids is empty. Give at least one.", "테스트할 아이디가 없습니다. 하나 이상 적어 주세요."],
  ["The test ids leave no song to train on.", "테스트할 노래를 빼면 학습할 노래가 남지 않습니다."],
  [
    "The {} part was to have {n} songs, but gets {n}: songs that must stay together form groups of up to {n} of {n} songs.",
    "{1} 쪽에 {2}곡을 두려 했지만 {3}곡이 됩니다. 한쪽에 함께 두어야 하는 노래가 {5}곡 가운데 많게는 {4}곡씩 묶여 있기 때문입니다.",
  ],
  ['Ask for another size, or split by "song".', '크기를 바꾸거나 "song"으로 나누어 주세요.'],
  ["Ask for another size.", "크기를 바꿔 주세요."],
  ["There are no songs to split.", "나눌 노래가 없습니다."],
  [
    "The size of the {} part must be a fraction from 0 to 1 or a whole number of songs, and is {}.",
    "{1} 쪽의 크기는 0에서 1까지의 비율이나 곡 수(정수)여야 합니다: {2}.",
  ],
  [
    "{} lacks the list train, validation or test. Remove it, or train again.",
    "{1}에 train, validation, test 목록 가운데 빠진 것이 있습니다. 그 파일을 지우거나 다시 학습해 주세요.",
  ],
  [
    '{}: "lyrics" must have "lines", a list of texts.',
    '{1}: "lyrics" 안에 글의 목록 "lines"가 있어야 합니다.',
  ],
  [
    '{} is no chart entry: it lacks "song_id". The folder must hold charts only.',
    '차트 항목이 아닙니다("song_id"가 없음): {1}. 폴더에는 차트만 두어 주세요.',
  ],
  ["{} is not valid JSON: {}", "JSON 파일이 아니거나 깨졌습니다: {1}."],
  [
    "it begins as {} but does not go on as {}.",
    "처음은 {1} 인코딩인데 끝까지 그렇게 읽히지는 않습니다.",
  ],
  [
    "the file has changed since it was opened. Begin again when nothing writes to it.",
    "읽는 동안 파일이 바뀌었습니다. 다른 프로그램이 쓰고 있지 않을 때 다시 해 주세요.",
  ],
  ["this is not a date.", "날짜가 아닙니다."],
  ["there is no month {n}.", "{1}월은 없습니다."],
  ["there is no day {n} in {}.", "{2}에 {1}일은 없습니다."],
  [
    "Write dates as 2001.03.16, 1999.10 or 2002, or leave the field empty.",
    "날짜는 2001.03.16, 1999.10, 2002처럼 적거나 칸을 비워 주세요.",
  ],
  ["this is neither yes nor no.", "예인지 아니오인지 알 수 없습니다."],
  [
    "Write 1 (or 1.0, true), 0 (or 0.0, false), or leave the field empty.",
    "1(1.0, true)이나 0(0.0, false)을 적거나 칸을 비워 주세요.",
  ],
  [
    "this looks like a list written out, but cannot be read as one.",
    "목록처럼 보이지만 목록으로 읽을 수 없습니다.",
  ],
  ["genre code {} has no name.", "장르 번호 {1}의 이름이 없습니다."],
  [
    "Add it to the genre names, which have codes {}.",
    "장르 이름 파일에 더해 주세요. 지금 있는 번호: {1}.",
  ],

  // recipes and what they freeze
  [
    "{} spreads the one genre of a song; with {} it must be 0.",
    "{1} 설정은 장르가 하나인 노래에 씁니다. {2} 설정과 함께라면 0이어야 합니다.",
  ],
  [
    "{} shares out the one genre of a song; with {} it must be 0.",
    "{1} 설정은 장르가 하나인 노래에 씁니다. {2} 설정과 함께라면 0이어야 합니다.",
  ],
  [
    "{} and {} are parts of one target; together they are more than 1.",
    "{1} 값과 {2} 값은 한 정답을 나누어 갖는 몫이라 더해서 1을 넘을 수 없습니다.",
  ],
  [
    '{} has "{}", which no parameter is named; names are like {}, and * stands for anything.',
    '{1}: "{2}"에 맞는 매개변수가 없습니다. 이름은 {3} 같은 꼴이고, *는 무엇이든 됩니다.',
  ],
  [
    "{} is {n}, and the training has {n} steps: the learning rate would still be rising at its end.",
    "{1} 값이 {2}인데 학습은 모두 {3}스텝이라, 학습률이 다 오르기도 전에 끝납니다.",
  ],
  [
    "Give fewer, or {}, a share of the steps (0.1 is usual).",
    "더 작은 수를 주거나, 전체 스텝에 대한 비율을 {1} 값으로 주세요(흔히 0.1).",
  ],
  ["{} is {n}; the model has {n} layers.", "{1} 값이 {2}인데 모델의 층은 {3}개입니다."],
  [
    "every parameter is frozen; nothing can be learnt.",
    "매개변수를 모두 고정해서 배울 것이 남지 않습니다.",
  ],
  [
    "the model has adapters already ({}); leave {} out to train them further, or give the merged model, which train writes with --merged.",
    "어댑터가 이미 있는 모델입니다({1}). 이어서 학습하려면 {2} 설정을 빼고, 아니라면 train --merged로 합친 모델을 주세요.",
  ],
  [
    "{} needs a base model that can be opened, and {} is an adapter: give the merged model, which train writes with --merged, and train on that.",
    "{1} 설정에는 바탕이 되는 모델이 있어야 하는데 {2}는 어댑터입니다. train --merged로 합친 모델을 주세요.",
  ],
  [
    "{} weighs classes, and a language model has none; leave it out.",
    "{1} 설정은 장르마다 무게를 달리 주는 것인데 언어 모델에는 장르가 없습니다. 빼 주세요.",
  ],
  ["{} is {}, but validation gives {}.", "{1} 값이 {2}인데, 검증에서 나오는 것은 {3}입니다."],
  [
    "{}: {} is not implemented as a language model, which tells words: BERT, RoBERTa, ELECTRA, DistilBERT and Llama are.",
    "{1}: {2} 모델은 낱말을 맞히는 언어 모델로 쓸 수 없습니다. BERT, RoBERTa, ELECTRA, DistilBERT, Llama는 됩니다.",
  ],
  [
    "Give one of those; or set {} to 0, where songs are to be read before their genres.",
    "그 가운데 하나를 주거나, 장르에 앞서 가사를 읽게 했다면 {1} 값을 0으로 해 주세요.",
  ],
  [
    "{} {n} leaves no room for text beside the special tokens.",
    "{1} 값이 {2}이면 특수 토큰만으로 차서 글이 들어갈 자리가 없습니다.",
  ],
  [
    "{}: its tokens do not tell where a word begins (by ▁, Ġ or ##); leave whole-word masking out.",
    "{1}: 토큰에 낱말의 처음을 알리는 표시(▁, Ġ, ##)가 없어 낱말 단위 마스킹은 할 수 없습니다. 그 옵션을 빼 주세요.",
  ],
  ["There is nothing to train on: no example is given.", "배울 것이 하나도 없습니다."],
  ["There is nothing to evaluate: no example is given.", "평가할 것이 하나도 없습니다."],
  [
    "In all it takes {} for the parameters with gradients and moments, and {} for {n} rows of {n} tokens.",
    "매개변수와 기울기와 모멘트에 {1}, 토큰 {4}개짜리 {3}행에 {2}가 듭니다.",
  ],
  [
    "Its parameters alone are too many: take a smaller model, freeze its lower layers ({}), or train adapters alone ({}).",
    "매개변수만으로도 모자랍니다. 더 작은 모델을 쓰거나, 아래층을 고정하거나({1}), 어댑터만 학습해 주세요({2}).",
  ],
  ["Turn {} on, or make {} smaller.", "{1} 설정을 켜거나 {2} 값을 줄여 주세요."],
  [
    "Set {} to {n} (a step's batch in parts, the same gradients), or turn {} on; a smaller {} helps too.",
    "{1} 값을 {2}로 하거나(배치를 나누어 계산해도 기울기는 같습니다) {3} 설정을 켜 주세요. {4} 값을 줄여도 됩니다.",
  ],
  [
    "{} starts from scratch: it tells no genres before it is trained.",
    "{1}: 처음부터 배우는 모델이라 학습하기 전에는 장르를 맞힐 수 없습니다.",
  ],
  [
    "{} ends too early: it was changed or cut off. Delete the folder {}; the same command makes it again.",
    "{1}: 파일이 바뀌었거나 중간에 끊겼습니다. {2} 폴더를 지우면 같은 명령이 다시 만듭니다.",
  ],
  [
    "{} is corrupt: tensor {} does not match its checksum. Download it again.",
    "{1}: 파일이 깨졌습니다({2} 텐서의 체크섬이 다름). 다시 내려받아 주세요.",
  ],
  ["Run {}, or ask for --engine wasm.", "{1} 명령을 실행하거나 --engine wasm으로 해 주세요."],
  [
    "The WebAssembly engine cannot start: its backend failed to load.",
    "WebAssembly 엔진을 불러오지 못해 시작할 수 없습니다.",
  ],
  [
    "The {} engine already runs in this process (asked for as {}); {} needs a process of its own.",
    "이 프로세스에서는 이미 {1} 엔진이 돌고 있습니다. {3} 엔진은 다른 프로세스에서 써 주세요.",
  ],

  // questions
  [
    "Song {} has the genre {}, which is none of the answers: {}.",
    "{1}번 노래의 장르 {2}는(은) 고를 수 있는 답에 없습니다: {3}.",
  ],
  [
    "The model gives no number for song {}: its weights are damaged.",
    "모델의 답이 숫자가 아닙니다(곡 {1}). 가중치가 깨졌습니다.",
  ],
  [
    "Song {}: its question takes {n} tokens without lyrics, and the model reads {n} at most.",
    "{1}번 노래: 가사를 빼고도 질문이 {2}토큰인데 모델은 {3}토큰까지만 읽습니다.",
  ],
  [
    "Leave fields out, or take a model of longer texts.",
    "항목을 줄이거나 더 긴 글을 읽는 모델을 써 주세요.",
  ],

  // the Hub
  [
    "{} did not answer as a Hub does when asked about {}: check HF_ENDPOINT.",
    "{1}: Hub라면 할 대답이 아닙니다({2}). HF_ENDPOINT를 확인해 주세요.",
  ],
  [
    "{} does not say size and hash of {} in {}: check HF_ENDPOINT.",
    "{1}: {3} 모델에 있는 {2} 파일의 크기와 해시를 알려 주지 않습니다. HF_ENDPOINT를 확인해 주세요.",
  ],
  [
    "{} on {} is not a transformers model: it has no config.json.",
    "{2}의 {1}: config.json이 없어 transformers 모델이 아닙니다.",
  ],
  [
    "{} on {} has no weights in model.safetensors or pytorch_model.bin, one file or sharded; it has {}.",
    "{2}의 {1}: model.safetensors나 pytorch_model.bin 꼴의 가중치가 없습니다. 있는 파일: {3}.",
  ],
  [
    "{} on {} lacks shards that its index names: {}.",
    "{2}의 {1}: 목록에는 있는데 빠진 가중치 파일이 있습니다: {3}.",
  ],
  ["{} answers {n}: {}.", "{1}: 지금은 모델을 내주지 않습니다({2})."],
  ["Try again later.", "나중에 다시 해 주세요."],
  [
    "{} does not accept {}: it is wrong or expired. Remove it, or {}.",
    "{1}: 토큰이 틀렸거나 기한이 지났습니다. HF_TOKEN이나 hf auth login으로 저장한 토큰을 지우거나 새로 만들어 주세요.",
  ],
  [
    "{} is open only to those who have been given access: {}.",
    "{1}: 허락을 받은 사람만 쓸 수 있는 모델입니다. 모델 페이지에서 사용을 신청하고 그 계정의 토큰을 HF_TOKEN에 적어 주세요.",
  ],
  [
    "{} has no revision {}. {} lists its branches and tags.",
    "{1}에 그런 리비전이 없습니다: {2}. 있는 브랜치와 태그는 {3}에서 볼 수 있습니다.",
  ],
  [
    "{} at {} lists the file {}, but {} does not have it.",
    "{1}({2})의 목록에 있는 파일이 {4}에 없습니다: {3}.",
  ],
  ["{} knows no model {}.", "{1}에 그런 모델이 없습니다: {2}."],
  [
    "{} wants a token, another token or another name for {}.",
    "{1}: {2} 모델을 보려면 토큰이 있어야 하거나, 토큰이나 이름이 틀렸습니다.",
  ],
  [
    "Check the spelling; if it is private or gated, {}.",
    "철자를 확인해 주세요. 비공개 모델이거나 허락이 필요한 모델이라면 그 계정의 토큰을 HF_TOKEN에 적어 주세요.",
  ],
  ["{} answers {} when asked for {}.", "{1}: {3}을(를) 달라고 하니 {2}라고 합니다."],
  [
    "The download of {} keeps breaking off, now after {n} of {n} bytes ({}).",
    "{1}: 내려받기가 자꾸 끊깁니다({3}바이트 가운데 {2}바이트까지).",
  ],
  ["Run it again: it continues from there.", "다시 실행하면 이어서 받습니다."],
  [
    "{} arrived with wrong bytes twice: its {} should be {} for {n} bytes and is {}.",
    "{1}: 두 번 받았는데 두 번 다 내용이 다릅니다({2} 값이 맞지 않음).",
  ],
  [
    "A proxy or mirror may be altering it; nothing was kept.",
    "프록시나 미러가 내용을 바꾸는지도 모릅니다. 받은 것은 지웠습니다.",
  ],

  // a model's files
  ["There is no checkpoint at {}: {}", "그런 체크포인트가 없습니다: {1}."],
  ["Cannot open {}: {}", "열 수 없습니다: {1}."],
  ["{} cannot be read as JSON: {}", "JSON으로 읽을 수 없는 파일입니다: {1}."],
  ["{} holds {}, not an object.", "{1}: JSON 객체여야 하는데 {2}입니다."],
  ["{} is not a valid safetensors file: {}", "온전한 safetensors 파일이 아닙니다: {1}."],
  ["{} cannot be read as PyTorch weights: {}", "PyTorch 가중치로 읽을 수 없는 파일입니다: {1}."],
  [
    "The checkpoint has both {}, which are two names for {}.",
    "체크포인트에 {1}이(가) 함께 있는데, 둘은 같은 것({2})의 두 이름입니다.",
  ],
  [
    "The checkpoint holds several models, under {}: save the one that is meant by itself.",
    "체크포인트에 모델이 여럿 있습니다({1}). 쓰려는 것만 따로 저장해 주세요.",
  ],
  [
    "{} says that {} holds {}, but it does not: the index and its shards do not belong together. Download or copy all of them again.",
    "{1}에는 {3}이(가) {2}에 있다고 적혀 있는데 없습니다. 목록과 가중치 파일이 서로 다른 것이니 모두 다시 내려받거나 복사해 주세요.",
  ],
  [
    '{} is not an index of shards: it has no "weight_map" from tensor names to file names.',
    '{1}: 나뉜 가중치의 목록이 아닙니다("weight_map"이 없음).',
  ],
  ["{} places {} in {}, which is not a file beside it.", "{1}에 적힌 파일이 옆에 없습니다: {3}."],
  ["There is no memory for {}: {n} values of {}.", "메모리가 모자라 {1}을(를) 올릴 수 없습니다({3} {2}개)."],
  ['{}: "{}" {n} is not a multiple of "{}" {n}.', '{1}: "{2}" 값({3})은 "{4}" 값({5})의 배수여야 합니다.'],
  [
    '{}: "problem_type" is "regression"; it must be {}: the model\'s head gives a number, not classes.',
    '{1}: "problem_type"이 "regression"이라 장르가 아니라 수를 답하는 모델입니다.',
  ],
  [
    '{}: the config has one class ("num_labels" or "id2label"), which in Hugging Face means regression; only classification among at least two classes is implemented.',
    "{1}: 클래스가 하나뿐인 설정이라 Hugging Face에서는 수를 답하는 모델로 봅니다. 여기서는 클래스가 둘 이상인 분류만 합니다.",
  ],
  [
    "Train it first (deno task train, or labels given here): told classes, it gets a new head.",
    "먼저 deno task train으로 학습하면 장르에 맞는 헤드가 새로 생깁니다.",
  ],
  [
    '{}: "high_freq_factor" {n} must be above "low_freq_factor" {n}.',
    '{1}: "high_freq_factor"({2})는 "low_freq_factor"({3})보다 커야 합니다.',
  ],
  [
    '{}: "{}" {n} is odd; rotary positions turn pairs.',
    '{1}: "{2}" 값이 홀수({3})입니다. 회전 위치 임베딩은 둘씩 짝지어 돌리므로 짝수여야 합니다.',
  ],
  [
    '{}: "{}" {n} is odd; positions are pairs of sine and cosine.',
    '{1}: "{2}" 값이 홀수({3})입니다. 위치마다 사인과 코사인을 짝지어 쓰므로 짝수여야 합니다.',
  ],
  [
    'The config has "bi_data": half of a batch\'s rows reads backwards, and {n} is an odd number of rows. Set it to false for fine-tuning.',
    '설정에 "bi_data"가 있어 배치의 절반을 거꾸로 읽는데 행이 홀수({1})입니다. 미세조정할 때는 false로 바꿔 주세요.',
  ],
  [
    '{}: "pad_token_id" is null; RoBERTa counts its positions from it.',
    '{1}: "pad_token_id"가 null입니다. RoBERTa는 그 번호부터 위치를 셉니다.',
  ],
  [
    '{}: "pad_token_id" is {n}, and RoBERTa counts its positions from the next one: "max_position_embeddings" {n} leaves none.',
    '{1}: RoBERTa는 "pad_token_id"({2}) 다음부터 위치를 세는데, "max_position_embeddings"가 {3}이라 남는 위치가 없습니다.',
  ],
  [
    "No configuration is named {}. Known: {}; or give a checkpoint's folder.",
    "그런 이름의 모델은 없습니다: {1}. 있는 이름: {2}. 체크포인트 폴더를 적어도 됩니다.",
  ],
  ["Two classes have the name {}.", "이름이 같은 장르가 둘 있습니다: {1}."],
  [
    '{} counts its positions from the padding token, and the tokenizer has none: name one of its tokens in its tokenizer_config.json, as "pad_token".',
    '{1}: 패딩 토큰부터 위치를 세는 모델인데 토크나이저에 패딩 토큰이 없습니다. tokenizer_config.json에 토큰 하나를 "pad_token"으로 적어 주세요.',
  ],
  ['{}: "model_type" is {}; known are {}.', '{1}: 모르는 "model_type"입니다: {2}. 쓸 수 있는 것: {3}.'],
  [
    "{}: {} is implemented for {}, not for {}.",
    "{1}: {2} 모델은 {3} 작업에만 쓸 수 있습니다({4} 작업은 안 됩니다).",
  ],
  ["The file also has:", "파일에 더 있는 것:"],
  ["There is nothing in it.", "빈 폴더입니다."],
  ["What is in it: {}.", "있는 것: {1}."],
  [
    "It has {}: copy the config.json of the model that these weights are of beside it.",
    "가중치({1})는 있으니, 그 모델의 config.json을 옆에 복사해 주세요.",
  ],
  [
    "{} is a part of the project, {}, which is not there: get the project again; or train a model from scratch, --model {}.",
    "{1}: 프로젝트에 들어 있어야 하는 모델인데 없습니다({2}). 프로젝트를 다시 받거나, --model {3}으로 처음부터 배우는 모델을 학습해 주세요.",
  ],

  // LoRA
  ["LoRA: {} is no regular expression: {}", "LoRA: 정규식이 잘못되었습니다: {1}."],
  [
    "LoRA: the targets name {}, which is no linear layer; only linear layers can be adapted.",
    "LoRA: {1}은(는) 선형 층이 아닙니다. 어댑터는 선형 층에만 붙일 수 있습니다.",
  ],
  [
    "LoRA: the targets {} name no linear layer of this {} that is not excluded or saved as a whole.",
    "LoRA: {1}에 맞는 선형 층이 이 {2} 모델에 없습니다(빼기로 했거나 통째로 저장하는 층은 셈하지 않습니다).",
  ],
  ["LoRA: no layer of {} is named {}.", "LoRA: 그런 층이 없는 모델입니다: {2}."],
  ["Its linear layers end with {}.", "선형 층의 이름은 이렇게 끝납니다: {1}."],
  ["LoRA: the model has no adapters to merge.", "LoRA: 합칠 어댑터가 없는 모델입니다."],
  ["LoRA: the model has no adapters to save.", "LoRA: 저장할 어댑터가 없는 모델입니다."],
  [
    'LoRA: {} and the word embeddings are one ("tie_word_embeddings"), so merging its adapter would change both.',
    'LoRA: {1} 층은 단어 임베딩과 하나라("tie_word_embeddings") 어댑터를 합치면 둘 다 바뀝니다.',
  ],
  [
    "Save the adapter, or set the field to false before training.",
    "어댑터째 저장하거나, 학습하기 전에 그 값을 false로 바꿔 주세요.",
  ],
  [
    "{}: {} is {}, which is not implemented; only its absence is.",
    "{1}: {2} 값 {3}은(는) 쓸 수 없습니다. 그 항목이 없어야 합니다.",
  ],
  ["{} holds no adapter: looked for {}.", "{1}에 어댑터가 없습니다. 찾은 이름: {2}."],
  ["The adapter in {} does not fit {}:", "어댑터({1})가 모델과 맞지 않습니다:"],
  [
    "{} is an adapter to {}, which cannot be had{} If that model has moved, write its new place into {}, as {}.",
    '{1}: {2} 모델에 붙는 어댑터인데 그 모델을 열 수 없습니다. 모델을 옮겼다면 adapter_config.json의 "base_model_name_or_path"에 새 위치를 적어 주세요.',
  ],
  [
    '{} does not say which model it adapts: write its folder, or its id on the Hub, there as "base_model_name_or_path".',
    '{1}: 어느 모델에 붙는 어댑터인지 적혀 있지 않습니다. 그 모델의 폴더나 Hub 이름을 "base_model_name_or_path"로 적어 주세요.',
  ],

  // a tokenizer's files
  [
    "{} has several SentencePiece models ({}): name the one that is meant.",
    "{1}에 SentencePiece 모델이 여럿 있습니다({2}). 쓸 것을 파일 이름까지 적어 주세요.",
  ],
  [
    "{} is no tokenizer file: known are *.model and *.spiece (SentencePiece), tokenizer.json and vocab.txt.",
    "토크나이저 파일이 아닙니다: {1}. 쓸 수 있는 파일: *.model, *.spiece(SentencePiece), tokenizer.json, vocab.txt.",
  ],
  [
    "Several files could be the map of ids ({}): leave one beside the model.",
    "토큰 번호표로 볼 수 있는 파일이 여럿입니다({1}). 모델 옆에 하나만 남겨 주세요.",
  ],
  [
    "{} belongs to a {}, whose way with a SentencePiece model is not known here; known are {}.",
    "{1}: {2}의 것인데, 이 클래스가 SentencePiece 모델을 다루는 법은 여기에 없습니다. 있는 것: {3}.",
  ],
  [
    "A tokenizer.json beside it would be read instead: download it too, or save one in Python ({}).",
    "옆에 tokenizer.json이 있으면 그것을 읽습니다. 함께 내려받거나 Python에서 저장해 주세요: {1}.",
  ],
  [
    "The tokenizer of {} has no {} token; it has {}.",
    "토크나이저({1})에 {2} 토큰이 없습니다. 있는 것: {3}.",
  ],
  [
    "If one of its tokens is meant for that, name it in tokenizer_config.json beside it: {}",
    "그 구실을 하는 토큰이 있다면 옆의 tokenizer_config.json에 적어 주세요: {1}",
  ],
  [
    "{} does not belong to {}: it has ids for {n} of the model's {n} pieces.",
    "{1}: {2}의 번호표가 아닙니다(조각 {4}개 가운데 {3}개만 있음).",
  ],
  [
    "The vocabulary has no {}, which WordPiece needs for unknown words.",
    "어휘에 {1} 토큰이 없습니다. WordPiece는 모르는 낱말을 그 토큰으로 적습니다.",
  ],
  ["{} is not a readable SentencePiece model: {}", "SentencePiece 모델로 읽을 수 없는 파일입니다: {1}."],
  [
    "The special token {} named beside {} is not in its vocabulary of {n} ids.",
    "{2} 옆에 적힌 특수 토큰이 어휘(토큰 {3}개)에 없습니다: {1}.",
  ],
  ["{} has no id for unknown text ({}).", "{1}에 모르는 글을 적을 토큰({2})이 없습니다."],
  [
    "tokenizer_config.json says {}, but there is no {}.",
    "tokenizer_config.json에 {1}라고 적혀 있는데 {2}이(가) 없습니다.",
  ],
  [
    "Offsets are not known for a {} tokenizer ({}): leave offsets out.",
    "{1} 토크나이저({2})에서는 글자 위치를 알 수 없습니다.",
  ],
  ["{} is not JSON: {}", "JSON 파일이 아닙니다: {1}."],
  ["{} is not a JSON object.", "{1}: JSON 객체가 아닙니다."],

  // trials, on one machine and on many
  ["A search needs at least one seed.", "검색에는 시드가 하나 이상 있어야 합니다."],
  ["The {} {} is named twice in the search.", "검색에서 같은 것을 두 번 적었습니다: {1} {2}."],
  [
    "{} cannot be read: {}. Remove it, and its trial is run again.",
    "{1} 파일을 읽을 수 없습니다. 지우면 그 실험을 다시 합니다.",
  ],
  [
    "No trials go with a recipe {}; known are {}.",
    "{1} 레시피로 하는 실험은 없습니다. 있는 레시피: {2}.",
  ],
  [
    "the project is of another version than where the trials come from. Give all machines the same.",
    "실험을 보낸 컴퓨터와 프로젝트의 버전이 다릅니다. 모든 컴퓨터에 같은 버전을 두어 주세요.",
  ],
  [
    "the model's or the tokenizer's files are others than where the trials come from. Give all machines the same.",
    "실험을 보낸 컴퓨터와 모델이나 토크나이저의 파일이 다릅니다. 모든 컴퓨터에 같은 파일을 두어 주세요.",
  ],
  [
    "--cluster {}: the Ray cluster cannot be reached: {}.",
    "--cluster {1}: Ray 클러스터에 연결할 수 없습니다({2}).",
  ],
  [
    "See that it runs (ray status on its head), that this machine belongs to it, and that here and there Ray and Python are of the same versions, RAY_AUTH_MODE and ~/.ray/auth_token the same.",
    "클러스터가 돌고 있는지(헤드에서 ray status), 이 컴퓨터가 거기에 들어 있는지, 양쪽의 Ray와 Python 버전, RAY_AUTH_MODE, ~/.ray/auth_token이 같은지 확인해 주세요.",
  ],
  ["The connection to the Ray cluster ended: {}.", "Ray 클러스터와 연결이 끊겼습니다({1})."],
  [
    "What is done is kept; the same again goes on.",
    "끝난 것은 남아 있으니 같은 명령을 다시 실행하면 이어서 합니다.",
  ],
  [
    "--{} is for trials on a cluster: give --cluster, too.",
    "--{1} 옵션은 클러스터에서 실험할 때 씁니다. --cluster도 적어 주세요.",
  ],
  [
    "--cluster {} is none of local, auto and HOST:PORT, 10.0.0.1:6379 for one.",
    "--cluster 값이 잘못되었습니다: {1}. local, auto, 호스트:포트(예: 10.0.0.1:6379) 가운데 하나여야 합니다.",
  ],
  [
    "--workers is for --cluster local: a cluster runs as many networks at a time as it has --cores for.",
    "--workers 옵션은 --cluster local에 씁니다. 클러스터에서는 --cores가 허락하는 만큼 한꺼번에 학습합니다.",
  ],
  ["{}: {} ended with the error {n}.", "{1}: {2}에서 오류 {3}이(가) 났습니다."],
  [
    "{n} processes were started together, but {} knows of {n}: it is not of the MPI that started them.",
    "프로세스 {1}개를 함께 시작했는데 {2}는 {3}개로 압니다. 그 프로세스들을 시작한 MPI의 라이브러리가 아닙니다.",
  ],
  ["Name that one's library: {}.", "맞는 라이브러리를 적어 주세요: {1}."],
  ["{}: {} cannot be used as an MPI library: {}", "{1}: MPI 라이브러리로 쓸 수 없습니다: {2}."],
  [
    "This process was started with others, but there is no MPI library of theirs: {}.",
    "여러 프로세스를 함께 시작했는데 그 MPI의 라이브러리가 없습니다: {1}.",
  ],
  [
    "Name it, {}, or start them by the mpiexec that {} installs.",
    "{1}로 알려 주거나, {2}로 설치한 mpiexec로 시작해 주세요.",
  ],
  [
    "deno task {} was started {n} times at once, and each would do the same work: start it alone.",
    "deno task {1} 명령을 {2}개 함께 시작했는데 모두 같은 일을 하게 됩니다. 하나만 시작해 주세요.",
  ],
  ["Several processes work together in {}.", "여러 프로세스가 나누어 할 수 있는 명령: {1}."],

  // notebooks and what they show
  [
    "{} has no Jupyter kernel {}. Run {} first.",
    "{1}에 Jupyter 커널 {2}이(가) 없습니다. 먼저 {3} 명령을 실행해 주세요.",
  ],
  ["There is no notebook {}.", "그런 노트북이 없습니다: {1}."],
  [
    "{} would be written over; choose another folder for the output.",
    "{1}을(를) 덮어쓰게 됩니다. 다른 출력 폴더를 골라 주세요.",
  ],
  [
    "Two notebooks would be written to {}; give each a name of its own.",
    "두 노트북이 같은 파일에 쓰게 됩니다: {1}. 이름을 서로 다르게 해 주세요.",
  ],
  [
    "{}: a figure is saved as .png or .svg; give the file such an ending.",
    "{1}: 그림은 .png나 .svg로 저장합니다. 파일 이름을 그렇게 끝내 주세요.",
  ],
  [
    "{}: a text is read at least once an epoch.",
    "{1}: 글은 에폭마다 한 번 이상 읽어야 합니다.",
  ],
  [
    "Write the names with commas between (발라드, 댄스), or as a whole list: ['발라드', '댄스'].",
    "이름은 쉼표로 나누거나(발라드, 댄스) 온전한 목록으로 적어 주세요: ['발라드', '댄스'].",
  ],

  // last, for they would take the place of others
  ["{} is {}; it must be {}.", "{1} 값이 잘못되었습니다: {2}. 쓸 수 있는 값: {3}."],
  ["{} is {}; it can be {}.", "{1} 값이 잘못되었습니다: {2}. 쓸 수 있는 값: {3}."],
];

/** Words within what is put in. */
export const words: readonly (readonly [RegExp, string])[] = [
  [/(\d[\d,]*) that it was trained or chosen with/g, "학습하거나 고르는 데 쓴 $1곡"],
  [/(\d[\d,]*) that its split does not know/g, "분할 기록에 없는 $1곡"],
  [/\bnumbers \(regression\)/g, "수를 맞히는 회귀"],
  [/ ?\(did you mean ("[^"]+")\?\)/g, " (혹시 $1인가요?)"],
  [/\ba whole number\b/g, "정수"],
  [/\ba number\b/g, "수"],
  [/\ba share and how many there are: (\S+) to (\S+)/g, "몇 번째/전체, 곧 $1에서 $2까지"],
  [/\bwords with commas between\b/g, "쉼표로 나눈 낱말들"],
  [/\bat least (\S+?)(?=,|$)/g, "$1 이상"],
  [/\bat most (\S+?)(?=,|$)/g, "$1 이하"],
  [/\babove (\S+?)(?=,|$)/g, "$1보다 큼"],
  [/\bbelow (\S+?)(?=,|$)/g, "$1보다 작음"],
  [/^Recipe: /g, "레시피: "],
  [/^test$/g, "테스트"],
  [/^validation$/g, "검증"],
  // what the system says
  [/\bno such file or directory\b/gi, "그런 파일이나 폴더가 없음"],
  [/\bpermission denied\b/gi, "권한이 없음"],
  [/\bread-only file ?system\b/gi, "쓰기가 막힌 곳"],
  [/\bno space left on device\b/gi, "디스크가 가득 참"],
  [/\bnot a directory\b/gi, "경로의 일부가 폴더가 아님"],
  [/\bis a directory\b/gi, "파일이 아니라 폴더"],
  // not within a path
  [/(?<!\/.*)(\S) and (\S)(?!.*\/)/g, "$1, $2"],
  [/(?<!\/.*)(\S) or (\S)(?!.*\/)/g, "$1 또는 $2"],
  [/\bin cell (\d+)(?: \[\d+\])?/g, "$1번 셀에서"],
  [/\bbefore its first cell\b/g, "첫 셀 전에"],
  [/\bcommas\b/g, "쉼표"],
  [/\bsemicolons\b/g, "세미콜론"],
  [/\btabs\b/g, "탭"],
  [/\bbars\b/g, "세로줄(|)"],
  [/(\d[\d,]*) with no lyrics/g, "가사 없음 $1곡"],
  [/(\d[\d,]*) with no genre/g, "장르 없음 $1곡"],
  [/(\d[\d,]*) with none of the (?:chosen genres|genres that are measured)/g, "고른 장르가 아님 $1곡"],
  [
    /(\d[\d,]*) values? of ([a-z_]+), the first on line (\d+), ("(?:[^"\\]|\\.)*"): [^;]*?(?=;|$)/g,
    "$2 $1개(처음은 $3번째 줄 $4)",
  ],
  [/(\d[\d,]*) of ([a-z_]+)/g, "$2 $1개"],
];
