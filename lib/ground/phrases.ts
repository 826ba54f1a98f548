/**
 * What a newcomer meets, in Korean before the English: a phrase book, looked up where errors, notes and first and last lines are told, so that
 * the rooms speak one language. What it does not have stays as it is.
 */

/** English as it is said, `{}` for what is put in (`{n}`: a number), and the Korean, `{1}` for the first of them. */
export const phrases: readonly (readonly [english: string, korean: string])[] = [
  // the command line
  ["A command is needed.", "명령을 적어 주세요."],
  ['There is no command "{}"; the closest is "{}".', '"{1}" 명령은 없습니다. 혹시 "{2}"인가요?'],
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
  ["{} is {}; it must be {}.", "{1} 값이 잘못되었습니다: {2}. 쓸 수 있는 값: {3}."],
  ["{} is {}; it can be {}.", "{1} 값이 잘못되었습니다: {2}. 쓸 수 있는 값: {3}."],
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
    "There is no model yet in {}: {} makes one; --model names another.",
    "학습한 모델이 아직 없습니다({1}). deno task train이나 deno task start로 만들거나, --model로 다른 모델을 적어 주세요.",
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
];

/** Words within what is put in. */
const words: readonly (readonly [RegExp, string])[] = [
  [/(\d[\d,]*) that it was trained or chosen with/g, "학습하거나 고르는 데 쓴 $1곡"],
  [/(\d[\d,]*) that its split does not know/g, "분할 기록에 없는 $1곡"],
  [/\bnumbers \(regression\)/g, "수를 맞히는 회귀"],
  [/ ?\(did you mean ("[^"]+")\?\)/g, " (혹시 $1인가요?)"],
  [/\ba whole number\b/g, "정수"],
  [/\ba number\b/g, "수"],
  [/\bwords with commas between\b/g, "쉼표로 나눈 낱말들"],
  [/\bat least (\S+?)(?=,|$)/g, "$1 이상"],
  [/\bat most (\S+?)(?=,|$)/g, "$1 이하"],
  [/\babove (\S+?)(?=,|$)/g, "$1보다 큼"],
  [/\bbelow (\S+?)(?=,|$)/g, "$1보다 작음"],
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

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A phrase as a pattern at the beginning of a text. */
function patternOf(english: string): RegExp {
  const source = english.split(/(\{n?\})/).map((piece, i, all) =>
    piece === "{n}"
      ? "(\\d(?:[\\d,.]*\\d)?)"
      : piece === "{}"
      ? i === all.length - 2 && all.at(-1) === "" ? "(.+)" : "(.+?)"
      : escaped(piece)
  ).join("");
  return new RegExp(`^${source}(?=[\\s.;:]|$)`);
}

const book = phrases.map(([english, korean]) => ({ pattern: patternOf(english), korean }));

const inKorean = (text: string): string =>
  words.reduce((text, [pattern, korean]) => text.replaceAll(pattern, korean), text);

/** What a sentence speaks of, in front of it: an option, a file, a place in a table. */
const aboutPattern =
  /^(?:--[\w-]+|standard input|line \d+[^:]*|column [^:]*|[^\s:"]+|[^\n:"]+\.(?:csv|tsv|txt|parquet)): /;

const aboutInKorean = (about: string): string =>
  about.replace(/\bline (\d+)/, "$1번째 줄").replace(/\bcolumn (\d+)/, "$1번째 글자").replace(
    /\bcolumn ([^,:]+)/,
    "$1 열",
  ).replace(/\bvalue /, "값 ")
    .replace(/^standard input/, "표준 입력");

/** A line in Korean as far as the book has it, from its beginning; `null` where it does not. */
function koreanLine(line: string): string | null {
  let rest = line.replace(/^\s*(?:[-–] )?/, ""), said = "";
  for (;;) {
    rest = rest.replace(/^[.\s]+/, "");
    const found = book.map(({ pattern, korean }) => ({ match: rest.match(pattern), korean })).find((
      { match },
    ) => match !== null);
    if (found !== undefined) {
      const [whole, ...holes] = found.match!;
      const sentence = found.korean.replaceAll(
        /\{(\d)\}/g,
        (_, place) => inKorean(holes[Number(place) - 1]!),
      );
      said += `${said === "" || said.endsWith(" ") ? "" : " "}${sentence}`;
      rest = rest.slice(whole.length);
      if (rest === "") break;
      continue;
    }
    const about = said === "" || said.endsWith(": ") ? rest.match(aboutPattern)?.[0] : undefined;
    if (about === undefined) break;
    said += aboutInKorean(about);
    rest = rest.slice(about.length);
  }
  return said === "" || said.endsWith(": ") ? null : said;
}

/**
 * A text for people in Korean with the English below it, line by line as far as the book goes; as it is where the book does not have it, or where it is in both already.
 *
 * @example
 * ```ts
 * import { inBoth } from "./phrases.ts";
 *
 * inBoth("Report: outputs/report.html"); // "보고서 · Report: outputs/report.html"
 * ```
 */
export function inBoth(text: string): string {
  const lines = text.split("\n"), korean = lines.map(koreanLine);
  const first = korean.findIndex((line) => line !== null);
  // a kernel says its errors in both itself
  if (korean.every((line) => line === null || text.includes(line))) return text;
  // a name for what follows stands beside the other
  const [, label, said] = text.match(/^([^:.\n]+)(: [^\n]*)$/) ?? [];
  const name = label !== undefined && korean[0]!.endsWith(said!) ? korean[0]!.slice(0, -said!.length) : ":";
  if (!name.includes(":")) return `${name} · ${text}`;
  return [...lines.slice(0, first), ...korean.filter((line) => line !== null), ...lines.slice(first)].join(
    "\n",
  );
}

/** Prints a line for people, in both languages. */
export const tell = (text: string): void => console.log(inBoth(text));
